package io.virtrig.daemon.audit;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * An act of the control plane.
 *
 * @param tenant for whom; empty for nobody known
 * @param identity by what who did it showed that it may; never a token
 * @param peer from where, when that is known
 * @param act what, in two words: {@code host.create}
 * @param object to what; may be empty
 * @param outcome OK, or the code of the refusal
 */
public record Act(
    String tenant,
    String identity,
    @Nullable SocketAddress peer,
    String act,
    String object,
    String outcome) {}
