package io.virtrig.daemon.quota;

import java.util.Map;
import java.util.TreeMap;

/**
 * Limits by quota; what has none is not limited.
 *
 * @param limits each at least 0
 */
public record Quotas(Map<Quota, Long> limits) {
  /** What a quota that is not limited has. */
  public static final long UNLIMITED = Long.MAX_VALUE;

  /** No limit at all. */
  public static final Quotas NONE = new Quotas(Map.of());

  /** Limits that nobody changes any more. */
  public Quotas {
    limits = Map.copyOf(limits);
  }

  /** The most there may be; {@link #UNLIMITED} where nothing is said. */
  public long limit(Quota quota) {
    return limits.getOrDefault(quota, UNLIMITED);
  }

  /** These limits, and in their place those of others where they say something. */
  public Quotas with(Map<Quota, Long> others) {
    Map<Quota, Long> all = new TreeMap<>(limits);
    all.putAll(others);
    return new Quotas(all);
  }
}
