package io.virtrig.daemon.grpc;

import io.virtrig.daemon.hosts.HostedHost;
import io.virtrig.daemon.metrics.OperationMetrics;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;

/**
 * The one path by which operations reach hosts, from whatever call they came: executed, timed and
 * counted.
 */
public final class OperationExecutor {
  private final OperationMetrics metrics;

  /** Counts into the metrics given. */
  public OperationExecutor(OperationMetrics metrics) {
    this.metrics = metrics;
  }

  /** Executes an operation on a host. */
  public Result execute(HostedHost host, Operation operation) {
    long start = System.nanoTime();
    Result result = host.execute(operation);
    metrics.executed(operation.getOpCase(), result, System.nanoTime() - start);
    return result;
  }
}
