package io.virtrig.daemon.metrics;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts rings open ({@code virtrig.rings}) and entries a batch ({@code virtrig.ring.batch}), and
 * times batches ({@code virtrig.ring.duration}).
 */
public final class RingMetrics {
  private static final Duration[] BUCKETS = {
    Duration.ofNanos(3_000),
    Duration.ofNanos(10_000),
    Duration.ofNanos(30_000),
    Duration.ofNanos(100_000),
    Duration.ofNanos(300_000),
    Duration.ofMillis(1),
    Duration.ofMillis(10),
    Duration.ofMillis(100),
    Duration.ofSeconds(1)
  };

  private final AtomicInteger open = new AtomicInteger();
  private final DistributionSummary entries;
  private final Timer durations;

  /** Registers the series. */
  public RingMetrics(MeterRegistry registry) {
    Gauge.builder("virtrig.rings", open, AtomicInteger::get)
        .description("Streams of batches that are open")
        .register(registry);
    entries =
        DistributionSummary.builder("virtrig.ring.batch")
            .description("Entries in a batch")
            .baseUnit("entries")
            .serviceLevelObjectives(1, 4, 16, 64, 256, 1024)
            .register(registry);
    durations =
        Timer.builder("virtrig.ring.duration")
            .description("Time to execute as much of a batch as one answer holds")
            .serviceLevelObjectives(BUCKETS)
            .register(registry);
  }

  /** A stream began. */
  public void opened() {
    open.incrementAndGet();
  }

  /** A stream ended. */
  public void closed() {
    open.decrementAndGet();
  }

  /** A batch, or a part of it that fills an answer, was executed. */
  public void executed(long nanoseconds) {
    durations.record(nanoseconds, TimeUnit.NANOSECONDS);
  }

  /** A batch came. */
  public void batch(int size) {
    entries.record(size);
  }
}
