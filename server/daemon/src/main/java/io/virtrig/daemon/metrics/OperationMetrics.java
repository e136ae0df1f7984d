package io.virtrig.daemon.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.virtrig.uapi.OperationName;
import io.virtrig.v1.Operation.OpCase;
import io.virtrig.v1.Result;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.Stream;

/**
 * Counts operations by name and outcome ({@code virtrig.operations}) and times those that come by
 * themselves by area ({@code virtrig.operation.duration}); batches are timed as a whole. The
 * outcome is OK, an errno's name, or the code of the simulator's refusal: closed sets, so the
 * number of series is bounded.
 */
public final class OperationMetrics {
  private static final Duration[] BUCKETS = {
    Duration.ofNanos(1_000),
    Duration.ofNanos(3_000),
    Duration.ofNanos(10_000),
    Duration.ofNanos(30_000),
    Duration.ofNanos(100_000),
    Duration.ofMillis(1),
    Duration.ofMillis(10),
    Duration.ofMillis(100),
    Duration.ofSeconds(1)
  };

  private static final int HIGHEST_NUMBER =
      Arrays.stream(OpCase.values()).mapToInt(OpCase::getNumber).max().orElseThrow();

  private final MeterRegistry registry;

  /** By operation number; null what was never asked for. */
  private final AtomicReferenceArray<Counter> succeeded =
      new AtomicReferenceArray<>(HIGHEST_NUMBER + 1);

  /** By operation number; null what was never asked for. */
  private final AtomicReferenceArray<Timer> durations =
      new AtomicReferenceArray<>(HIGHEST_NUMBER + 1);

  /** By operation number, then by outcome. */
  private final List<Map<String, Counter>> refused =
      Stream.<Map<String, Counter>>generate(ConcurrentHashMap::new)
          .limit(HIGHEST_NUMBER + 1L)
          .toList();

  /** Registers nothing yet. */
  public OperationMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /** Registers the series of every operation, so that none executed and no such series differ. */
  public void registerAll() {
    for (OpCase op : OpCase.values()) {
      var _ = succeeded(op);
      var _ = duration(op);
    }
  }

  /** The registry gives whoever comes second what it gave the first. */
  private Counter succeeded(OpCase op) {
    Counter counter = succeeded.getAcquire(op.getNumber());
    if (counter == null) {
      counter = counter(op, "OK");
      succeeded.setRelease(op.getNumber(), counter);
    }
    return counter;
  }

  private Timer duration(OpCase op) {
    Timer timer = durations.getAcquire(op.getNumber());
    if (timer == null) {
      timer = timer(area(op));
      durations.setRelease(op.getNumber(), timer);
    }
    return timer;
  }

  private Timer timer(String area) {
    return Timer.builder("virtrig.operation.duration")
        .description(
            "Time to execute an operation that came by itself, waiting for the host's lock"
                + " included")
        .tag("area", area)
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  private Counter counter(OpCase op, String outcome) {
    return Counter.builder("virtrig.operations")
        .description("Operations executed on hosts")
        .tag("op", op == OpCase.OP_NOT_SET ? "none" : OperationName.of(op))
        .tag("outcome", outcome)
        .register(registry);
  }

  private static String area(OpCase op) {
    String name = OperationName.of(op);
    int end = name.indexOf('.') >= 0 ? name.indexOf('.') : name.indexOf('_');
    return end < 0 ? "process" : name.substring(0, end).toLowerCase(Locale.ROOT);
  }

  /** Counts and times an operation that came by itself. */
  public void executed(OpCase op, Result result, long nanoseconds) {
    duration(op).record(nanoseconds, TimeUnit.NANOSECONDS);
    executed(op, result);
  }

  /** Counts an operation of a batch: to time each would cost as much as a quarter of them. */
  public void executed(OpCase op, Result result) {
    if (!result.hasErrno() && !result.hasRefusal()) {
      succeeded(op).increment();
      return;
    }
    String outcome =
        result.hasErrno() ? result.getErrno().getName() : result.getRefusal().getCode().name();
    refused.get(op.getNumber()).computeIfAbsent(outcome, name -> counter(op, name)).increment();
  }
}
