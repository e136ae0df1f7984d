package io.virtrig.daemon.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts watches that are open ({@code virtrig.watches}), and events sent to and missed by watchers
 * ({@code virtrig.watch.events}).
 */
public final class WatchMetrics {
  private final AtomicInteger open = new AtomicInteger();
  private final Counter sent;
  private final Counter missed;

  /** Registers the series. */
  public WatchMetrics(MeterRegistry registry) {
    Gauge.builder("virtrig.watches", open, AtomicInteger::get)
        .description("Streams of events that are open")
        .register(registry);
    sent = events(registry, "sent");
    missed = events(registry, "missed");
  }

  private static Counter events(MeterRegistry registry, String outcome) {
    return Counter.builder("virtrig.watch.events")
        .description("Events that were sent to watchers, or that slow watchers missed")
        .tag("outcome", outcome)
        .register(registry);
  }

  /** A watch began. */
  public void opened() {
    open.incrementAndGet();
  }

  /** A watch ended. */
  public void closed() {
    open.decrementAndGet();
  }

  /** Events went out. */
  public void sent(int events) {
    sent.increment(events);
  }

  /** Events were forgotten before a watcher took them. */
  public void missed(long events) {
    missed.increment((double) events);
  }
}
