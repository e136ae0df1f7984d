package io.virtrig.emulator.time;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/**
 * A host's clock. It stands still until something happens that costs time, or somebody waits; it
 * also counts what happened. Nothing in the simulated hardware runs by it on its own.
 */
public final class VirtualClock implements Stateful {
  private final CostModel costs;
  private final long[] counts = new long[Cost.values().length];
  private long now;

  /** A clock at 0. */
  public VirtualClock(CostModel costs) {
    this.costs = costs;
  }

  /** Something happened: it takes what the model says. */
  public void charge(Cost cost) {
    counts[CostModel.place(cost)]++;
    now += costs.of(cost);
  }

  /** Somebody waits, or does what the model does not know. */
  public void advance(long nanoseconds) {
    if (nanoseconds < 0) {
      throw new IllegalArgumentException("time does not run backwards");
    }
    now += nanoseconds;
  }

  /** Nanoseconds since the host was made. */
  public long now() {
    return now;
  }

  /** How often something happened. */
  public long count(Cost cost) {
    return counts[CostModel.place(cost)];
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("now_ns", now);
    for (Cost cost : Cost.values()) {
      out.number(cost.label(), count(cost));
    }
  }
}
