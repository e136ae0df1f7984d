package io.virtrig.emulator.hardware.iommu.vtd;

import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/**
 * The fault recording registers, a ring. When the next record is still taken faults overflow, and
 * until software clears that they are dropped.
 */
final class FaultRecords implements Stateful {
  private static final long F = 1L << 63;
  private static final long READ = 1L << 62;
  private static final int PASID_SHIFT = 40;
  private static final int REASON_SHIFT = 32;
  private static final long PASID_PRESENT = 1L << 31;
  private static final long PRIVILEGED = 1L << 29;
  private static final long SOURCE = 0xffff;
  private static final long PAGE = -1L << 12;

  private final long[] low;
  private final long[] high;
  private int next;
  private int first;
  private boolean overflow;

  FaultRecords(int records) {
    low = new long[records];
    high = new long[records];
  }

  /** How many registers there are. */
  int size() {
    return low.length;
  }

  /**
   * Records a blocked request.
   *
   * @return false when it was dropped and nothing has changed
   */
  boolean record(DmaRequest request, int reason) {
    long word =
        (request.source() & SOURCE)
            | (request.privileged() ? PRIVILEGED : 0)
            | (request.hasPasid() ? PASID_PRESENT | (long) request.pasid() << PASID_SHIFT : 0)
            | (request.write() ? 0 : READ);
    return record(request.address() & PAGE, word, reason);
  }

  /** Records a blocked interrupt request. */
  boolean recordInterrupt(int source, int index, int reason) {
    return record((long) index << 48, source & SOURCE, reason);
  }

  private boolean record(long information, long word, int reason) {
    if (overflow || pendingOf(word & SOURCE)) {
      return false;
    }
    if ((high[next] & F) != 0) {
      overflow = true;
      return true;
    }
    if (!pending()) {
      first = next;
    }
    low[next] = information;
    high[next] = word | (long) reason << REASON_SHIFT | F;
    next = (next + 1) % low.length;
    return true;
  }

  private boolean pendingOf(long source) {
    for (long word : high) {
      if ((word & F) != 0 && (word & SOURCE) == source) {
        return true;
      }
    }
    return false;
  }

  /** PPF: whether any record is taken. */
  boolean pending() {
    for (long word : high) {
      if ((word & F) != 0) {
        return true;
      }
    }
    return false;
  }

  /** PFO. */
  boolean overflow() {
    return overflow;
  }

  /** Software has cleared PFO. */
  void clearOverflow() {
    overflow = false;
  }

  /** FRI: the first record that was taken when none was. */
  int first() {
    return first;
  }

  /** A word of a record. */
  long word(int record, boolean upper) {
    return upper ? high[record] : low[record];
  }

  /** Software has written 1 to the F of a record. */
  void free(int record) {
    high[record] &= ~F;
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("next", next);
    out.number("first", first);
    out.flag("overflow", overflow);
    for (int record = 0; record < low.length; record++) {
      if (high[record] != 0) {
        out.hex("record_" + record + "_low", low[record]);
        out.hex("record_" + record + "_high", high[record]);
      }
    }
  }
}
