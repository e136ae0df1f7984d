package io.virtrig.daemon.metrics;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts rings open ({@code virtrig.rings}) and entries a batch ({@code virtrig.ring.batch}). */
public final class RingMetrics {
  private final AtomicInteger open = new AtomicInteger();
  private final DistributionSummary entries;

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
  }

  /** A stream began. */
  public void opened() {
    open.incrementAndGet();
  }

  /** A stream ended. */
  public void closed() {
    open.decrementAndGet();
  }

  /** A batch came. */
  public void batch(int size) {
    entries.record(size);
  }
}
