package io.virtrig.daemon.limits;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;

/** Counts what was refused because of a limit ({@code virtrig.limit.refusals}). */
public final class LimitMetrics {
  private final Map<Limit, Counter> refusals = new EnumMap<>(Limit.class);

  /** Registers a series for each limit. */
  public LimitMetrics(MeterRegistry registry) {
    for (Limit limit : Limit.values()) {
      refusals.put(
          limit,
          Counter.builder("virtrig.limit.refusals")
              .description("Connections, streams and calls refused because of a limit")
              .tag("limit", limit.label())
              .register(registry));
    }
  }

  void refused(Limit limit) {
    Counter counter = refusals.get(limit);
    if (counter != null) {
      counter.increment();
    }
  }
}
