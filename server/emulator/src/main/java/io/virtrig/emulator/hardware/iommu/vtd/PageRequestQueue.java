package io.virtrig.emulator.hardware.iommu.vtd;

import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.PageRequest;
import io.virtrig.emulator.hardware.iommu.UnitMemory;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/** The page request queue: hardware writes at the tail, software reads at the head. */
final class PageRequestQueue implements Stateful {
  private static final long BASE = -1L << 12;
  private static final long OFFSET = 0x7ffe0;
  private static final int ENTRY = 32;
  private static final long TYPE = 1;
  private static final long PASID_PRESENT = 1L << 8;
  private static final long PRIVILEGED = 1L << 53;

  private final UnitMemory memory;
  private long address;
  private long head;
  private long tail;
  private boolean pending;
  private boolean overflow;

  PageRequestQueue(UnitMemory memory) {
    this.memory = memory;
  }

  long address() {
    return address;
  }

  void address(long value) {
    address = value & (BASE | 7);
  }

  long head() {
    return head;
  }

  void head(long value) {
    head = value & OFFSET;
  }

  long tail() {
    return tail;
  }

  void tail(long value) {
    tail = value & OFFSET;
  }

  /** PRS: 0 PPR, 1 PRO. */
  int status() {
    return (pending ? 1 : 0) | (overflow ? 2 : 0);
  }

  /** Software has written PRS: bits that are 1 are cleared. */
  void clear(int bits) {
    pending &= (bits & 1) == 0;
    overflow &= (bits & 2) == 0;
  }

  /** What became of a request. */
  enum Accepted {
    /** It is in the queue, as others were. */
    QUEUED,
    /** It is in the queue, and software is to be told. */
    FIRST,
    /** There is no room. */
    FULL
  }

  /** Writes an entry. */
  Accepted add(PageRequest request) {
    long size = 1L << ((address & 7) + 12);
    long next = (tail + ENTRY) & (size - 1);
    long at = (address & BASE) + tail;
    if (overflow || next == head || !memory.holds(at)) {
      overflow = true;
      return Accepted.FULL;
    }
    DmaRequest access = request.access();
    long q0 =
        TYPE
            | (long) (access.source() & 0xffff) << 16
            | (access.hasPasid() ? PASID_PRESENT | (long) access.pasid() << 32 : 0)
            | (access.privileged() ? PRIVILEGED : 0);
    long q1 =
        (access.address() & BASE)
            | (long) request.group() << 3
            | (request.last() ? 1L << 2 : 0)
            | (access.write() ? 1L << 1 : 1L);
    memory.store(at, q0);
    memory.store(at + Long.BYTES, q1);
    memory.store(at + 2 * Long.BYTES, 0);
    memory.store(at + 3 * Long.BYTES, 0);
    tail = next;
    if (pending) {
      return Accepted.QUEUED;
    }
    pending = true;
    return Accepted.FIRST;
  }

  @Override
  public void writeState(StateWriter out) {
    out.hex("address", address);
    out.hex("head", head);
    out.hex("tail", tail);
    out.number("status", status());
  }
}
