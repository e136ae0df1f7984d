package io.virtrig.emulator.kernel.kvm;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/**
 * A zone whose writes wait in the ring instead of leaving to user space
 * (virt/kvm/coalesced_mmio.c). Each has an identity of its own: equal ones may be registered.
 */
final class CoalescedZone implements KvmIoDevice, Stateful {
  private final CoalescedRing ring;
  private final long address;
  private final int size;
  private final boolean pio;

  CoalescedZone(CoalescedRing ring, long address, int size, boolean pio) {
    this.ring = ring;
    this.address = address;
    this.size = size;
    this.pio = pio;
  }

  boolean pio() {
    return pio;
  }

  /** Whether it holds the range (coalesced_mmio_in_range). */
  boolean holds(long at, int length) {
    long end = at + Integer.toUnsignedLong(length);
    return Long.compareUnsigned(end, at) >= 0
        && Long.compareUnsigned(at, address) >= 0
        && Long.compareUnsigned(end, address + Integer.toUnsignedLong(size)) <= 0;
  }

  @Override
  public boolean write(long at, int length, long value) {
    return holds(at, length) && ring.append(at, length, value, pio);
  }

  @Override
  public void writeState(StateWriter out) {
    out.hex("addr", address);
    out.hex("size", size);
    out.flag("pio", pio);
  }
}
