package io.virtrig.emulator.time;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.v1.HostSpec;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * How long each {@link Cost} takes on a host, in nanoseconds.
 *
 * <p>The defaults differ between the two paths of a device's interrupt by 50 microseconds, so that
 * posting saves 0.1 ms on a ping, which is two interrupts, as the cover letter of "IRQ offloading
 * for vDPA" measured. The others are of the order that such events take.
 */
public final class CostModel {
  /** An hour: no single event takes longer. */
  private static final long MOST = 3_600_000_000_000L;

  private final long[] nanoseconds = new long[Cost.values().length];

  private CostModel(Map<String, Long> given) {
    for (Cost cost : Cost.values()) {
      nanoseconds[place(cost)] = given.getOrDefault(cost.label(), cost.usual());
    }
  }

  /**
   * What a specification says, and the defaults for all else.
   *
   * @throws Refused when it names no cost, or one takes longer than an hour
   */
  public static CostModel of(HostSpec spec) {
    Map<String, Long> given = new TreeMap<>(spec.getCostsMap());
    given.forEach(
        (name, nanoseconds) -> {
          if (Arrays.stream(Cost.values()).noneMatch(cost -> cost.label().equals(name))) {
            throw Refused.invalid("spec.costs", "\"" + name + "\" is the name of no cost");
          }
          if (Long.compareUnsigned(nanoseconds, MOST) > 0) {
            throw Refused.invalid("spec.costs", name + " takes more than an hour");
          }
        });
    return new CostModel(given);
  }

  /** What an event takes. */
  public long of(Cost cost) {
    return nanoseconds[place(cost)];
  }

  /** All, by name, as a specification has them. */
  public Map<String, Long> all() {
    Map<String, Long> all = new TreeMap<>();
    for (Cost cost : Cost.values()) {
      all.put(cost.label(), of(cost));
    }
    return all;
  }

  @SuppressWarnings("EnumOrdinal") // the places of an array, nowhere else seen
  static int place(Cost cost) {
    return cost.ordinal();
  }
}
