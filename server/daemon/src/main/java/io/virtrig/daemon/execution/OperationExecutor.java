package io.virtrig.daemon.execution;

import io.virtrig.daemon.hosts.HostRegistry;
import io.virtrig.daemon.hosts.HostedHost;
import io.virtrig.daemon.limits.MemoryPressure;
import io.virtrig.daemon.metrics.OperationMetrics;
import io.virtrig.emulator.Refusals;
import io.virtrig.v1.ArgumentValue;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.SubmissionEntry;
import java.util.List;
import java.util.Map;

/**
 * The one path by which operations reach hosts, from whatever call they came: executed, timed and
 * counted.
 */
public final class OperationExecutor {
  private final HostRegistry hosts;
  private final OperationMetrics metrics;
  private final MemoryPressure memory;

  /** Executes on the hosts of the registry and counts into the metrics given. */
  public OperationExecutor(HostRegistry hosts, OperationMetrics metrics, MemoryPressure memory) {
    this.hosts = hosts;
    this.metrics = metrics;
    this.memory = memory;
  }

  /** What says whether there is memory to grow into. */
  public MemoryPressure memory() {
    return memory;
  }

  /** The hosts. */
  public HostRegistry hosts() {
    return hosts;
  }

  /** Executes an operation on a host. */
  public Result execute(HostedHost host, Operation operation) {
    long start = System.nanoTime();
    Result result =
        memory.refuses(operation.getOpCase())
            ? Refusals.result(operation, MemoryPressure.refusal())
            : host.execute(operation);
    metrics.executed(operation.getOpCase(), result, System.nanoTime() - start);
    return result;
  }

  /**
   * A batch, nothing of which is executed yet.
   *
   * @param host the host of the entries that name none
   * @param arguments what entries may take besides answers
   */
  public Batch batch(
      String host, List<SubmissionEntry> entries, Map<String, ArgumentValue> arguments) {
    return new Batch(hosts, metrics, memory, host, entries, arguments);
  }
}
