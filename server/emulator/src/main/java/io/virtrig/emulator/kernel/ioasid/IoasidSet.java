package io.virtrig.emulator.kernel.ioasid;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/** The PASIDs of one owner, at most as many as its quota. */
public final class IoasidSet implements Stateful {
  private final Ioasids ioasids;
  private final long quota;
  private final boolean reserved;
  private final NumberRuns numbers = new NumberRuns();

  /**
   * An empty set.
   *
   * @param reserved the quota has been reserved; otherwise each number counts when it is taken
   */
  IoasidSet(Ioasids ioasids, long quota, boolean reserved) {
    this.ioasids = ioasids;
    this.quota = quota;
    this.reserved = reserved;
  }

  /** How many it may hold. */
  public long quota() {
    return quota;
  }

  /** Whether it holds that many. */
  public boolean exhausted() {
    return numbers.count() >= quota;
  }

  /** Whether the number is its own. */
  public boolean holds(long number) {
    return numbers.contains(number);
  }

  /** Whether a number of [min, max] is its own. */
  public boolean holdsAny(int min, int max) {
    return numbers.any(Integer.toUnsignedLong(min), Integer.toUnsignedLong(max));
  }

  /** What of the host's capacity is kept for it. */
  long reserved() {
    return reserved ? quota : 0;
  }

  /**
   * Takes the lowest number of [min, max] that is free on the host; -1 when there is none, or the
   * quota is used up.
   */
  public long allocate(int min, int max) {
    if (exhausted()) {
      return -1;
    }
    long number =
        ioasids.allocate(Integer.toUnsignedLong(min), Integer.toUnsignedLong(max), reserved);
    if (number >= 0) {
      numbers.add(number);
    }
    return number;
  }

  /** Gives back what it holds of [min, max]. */
  public void free(int min, int max) {
    long first = Integer.toUnsignedLong(min);
    long last = Integer.toUnsignedLong(max);
    numbers.forEachRun(first, last, this::freeRun);
    numbers.remove(first, last);
  }

  private void freeRun(long first, long last) {
    ioasids.free(first, last, reserved);
  }

  /** Visits the numbers it holds, by runs, ascending. */
  public void forEachRun(NumberRuns.RunVisitor visitor) {
    numbers.forEachRun(0, 0xffffffffL, visitor);
  }

  @Override
  public void writeState(StateWriter out) {
    if (reserved) {
      out.number("quota", quota);
    }
    out.child("numbers", "", numbers);
  }
}
