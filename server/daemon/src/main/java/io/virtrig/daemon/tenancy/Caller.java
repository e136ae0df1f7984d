package io.virtrig.daemon.tenancy;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Who makes a call, found once, when it begins.
 *
 * @param tenant for whom it acts
 * @param identity by what it showed that it may
 * @param peer where it comes from, when that is known
 */
public record Caller(Tenant tenant, Identity identity, @Nullable SocketAddress peer) {}
