package io.virtrig.daemon.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.virtrig.emulator.event.EventListener;
import io.virtrig.v1.EventKind;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Counts what happens on hosts by kind and variety ({@code virtrig.events}): interrupts by the path
 * they took, exits by their reason, DMA faults, devices opened, processes that ended. Counts too
 * what caches of IOMMUs did ({@code virtrig.iommu.cache}).
 */
public final class EventMetrics implements EventListener {
  private static final String KIND_PREFIX = "EVENT_KIND_";

  private record Series(EventKind kind, String label) {}

  private static final List<String> CACHES = List.of("iotlb", "paging", "device_tlb");

  /** What one sort of cache did. */
  private record Cache(Counter hits, Counter misses, Counter evictions) {}

  private final MeterRegistry registry;
  private final Map<String, Cache> caches;
  private final Map<Series, Counter> counters = new ConcurrentHashMap<>();

  /** Registers a series for each kind. */
  public EventMetrics(MeterRegistry registry) {
    this.registry = registry;
    caches =
        CACHES.stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Function.identity(),
                    name ->
                        new Cache(
                            cache(registry, name, "hit"),
                            cache(registry, name, "miss"),
                            cache(registry, name, "eviction"))));
    for (EventKind kind : EventKind.values()) {
      if (kind != EventKind.UNRECOGNIZED && kind != EventKind.EVENT_KIND_UNSPECIFIED) {
        counter(new Series(kind, ""));
      }
    }
  }

  private static Counter cache(MeterRegistry registry, String cache, String outcome) {
    return Counter.builder("virtrig.iommu.cache")
        .description("Lookups in the caches of IOMMUs and devices, and entries that made room")
        .tag("cache", cache)
        .tag("outcome", outcome)
        .register(registry);
  }

  @Override
  public void used(String cache, long hits, long misses, long evictions) {
    Cache counters = caches.get(cache);
    if (counters != null) {
      counters.hits.increment((double) hits);
      counters.misses.increment((double) misses);
      counters.evictions.increment((double) evictions);
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
