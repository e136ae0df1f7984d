package io.virtrig.daemon.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import io.virtrig.daemon.fairness.FairShares;
import io.virtrig.daemon.tenancy.Caller;
import io.virtrig.daemon.tenancy.Tenant;
import io.virtrig.daemon.tenancy.Tenants;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Where calls of tenants run: each in its tenant's share of the daemon's time, so that one who
 * floods the daemon slows nobody but itself.
 */
final class TenantShares implements ServerCallExecutorSupplier, AutoCloseable {
  private final Tenants tenants;
  private final FairShares shares =
      new FairShares(Math.max(2, Runtime.getRuntime().availableProcessors()));
  private final Map<Tenant, Executor> executors = new ConcurrentHashMap<>();

  TenantShares(Tenants tenants) {
    this.tenants = tenants;
  }

  /** Where the call is to run; at once when it acts for nobody, as it is refused then. */
  @Override
  public <Q, A> @Nullable Executor getExecutor(ServerCall<Q, A> call, Metadata headers) {
    Caller caller = tenants.caller(Gate.shown(call));
    return caller == null
        ? null
        : executors.computeIfAbsent(caller.tenant(), tenant -> shares.share());
  }

  @Override
  public void close() {
    shares.close();
  }
}
