package io.virtrig.daemon.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.virtrig.emulator.event.EventListener;
import io.virtrig.v1.EventKind;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts what happens on hosts by kind and variety ({@code virtrig.events}): interrupts by the path
 * they took, exits by their reason, DMA faults, devices opened, processes that ended.
 */
public final class EventMetrics implements EventListener {
  private static final String KIND_PREFIX = "EVENT_KIND_";

  private record Series(EventKind kind, String label) {}

  private final MeterRegistry registry;
  private final Map<Series, Counter> counters = new ConcurrentHashMap<>();

  /** Registers a series for each kind. */
  public EventMetrics(MeterRegistry registry) {
    this.registry = registry;
    for (EventKind kind : EventKind.values()) {
      if (kind != EventKind.UNRECOGNIZED && kind != EventKind.EVENT_KIND_UNSPECIFIED) {
        counter(new Series(kind, ""));
      }
    }
  }

  @Override
  public void happened(EventKind kind, String label) {
    counters.computeIfAbsent(new Series(kind, label), this::counter).increment();
  }

  private Counter counter(Series series) {
    return Counter.builder("virtrig.events")
        .description("What happened on hosts beyond what results say")
        .tag("kind", series.kind.name().substring(KIND_PREFIX.length()).toLowerCase(Locale.ROOT))
        .tag("variety", series.label.toLowerCase(Locale.ROOT))
        .register(registry);
  }
}
