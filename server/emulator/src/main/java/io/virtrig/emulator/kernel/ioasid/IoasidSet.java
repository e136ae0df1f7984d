package io.virtrig.emulator.kernel.ioasid;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/** The PASIDs of one owner, at most as many as its quota. */
public final class IoasidSet implements Stateful {
  private final Ioasids ioasids;
  private final long quota;
  private final NumberRuns numbers = new NumberRuns();

  IoasidSet(Ioasids ioasids, long quota) {
    this.ioasids = ioasids;
    this.quota = quota;
  }

  /** How many it may hold. */
  public long quota() {
    return quota;
  }

  /** Whether it holds that many. */
  public boolean exhausted() {
    return numbers.count() >= quota;
  }

  /**
   * Takes the lowest number of [min, max] that is free on the host; -1 when there is none, or the
   * quota is used up.
   */
  public long allocate(int min, int max) {
    if (exhausted()) {
      return -1;
    }
    long number = ioasids.allocate(min, max);
    if (number >= 0) {
      numbers.add(number);
    }
    return number;
  }

  /** Gives back what it holds of [min, max]. */
  public void free(int min, int max) {
    numbers.forEachRun(Integer.toUnsignedLong(min), Integer.toUnsignedLong(max), ioasids::free);
    numbers.remove(Integer.toUnsignedLong(min), Integer.toUnsignedLong(max));
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("quota", quota);
    out.child("numbers", "", numbers);
  }
}
