package io.virtrig.daemon.execution;

import io.virtrig.daemon.hosts.HostedHost;
import io.virtrig.daemon.limits.MemoryPressure;
import io.virtrig.daemon.metrics.OperationMetrics;
import io.virtrig.daemon.tenancy.Tenant;
import io.virtrig.emulator.Refusals;
import io.virtrig.v1.ArgumentValue;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Operation.OpCase;
import io.virtrig.v1.Result;
import io.virtrig.v1.SubmissionEntry;
import java.util.List;
import java.util.Map;

/**
 * The one path by which operations reach hosts, from whatever call they came: executed, timed and
 * counted.
 */
public final class OperationExecutor {
  private final OperationMetrics metrics;
  private final MemoryPressure memory;

  /** Counts into the metrics given; refuses what grows while memory is short. */
  public OperationExecutor(OperationMetrics metrics, MemoryPressure memory) {
    this.metrics = metrics;
    this.memory = memory;
  }

  /** What says whether there is memory to grow into. */
  public MemoryPressure memory() {
    return memory;
  }

  /** Executes an operation on a host. */
  public Result execute(HostedHost host, Operation operation) {
    long start = System.nanoTime();
    OpCase op = operation.getOpCase();
    Result result =
        memory.refuses(op)
            ? Refusals.result(operation, MemoryPressure.refusal())
            : host.execute(operation);
    metrics.executed(op, result, System.nanoTime() - start);
    return result;
  }

  /**
   * A batch, nothing of which is executed yet.
   *
   * @param tenant whose hosts its entries reach
   * @param host the host of the entries that name none
   * @param arguments what entries may take besides answers
   */
  public Batch batch(
      Tenant tenant,
      String host,
      List<SubmissionEntry> entries,
      Map<String, ArgumentValue> arguments) {
    return new Batch(tenant.hosts(), metrics, memory, host, entries, arguments);
  }
}
