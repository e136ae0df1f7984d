package io.virtrig.emulator.kernel.kvm;

import io.virtrig.emulator.state.StateHash;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The ring of writes that wait for user space (struct kvm_coalesced_mmio_ring, {@code
 * coalesced_mmio.c}): a page that the process maps through any vCPU's file. The kernel appends at
 * {@code last}, the process takes from {@code first}.
 */
final class CoalescedRing implements Stateful {
  private static final int PAGE = 4096;
  private static final int FIRST = 0;
  private static final int LAST = 4;
  private static final int ENTRIES = 8;

  /** struct kvm_coalesced_mmio: phys_addr u64, len u32, pio u32, data u8[8]. */
  private static final int ENTRY_BYTES = 24;

  private static final int LEN = 8;
  private static final int PIO = 12;
  private static final int DATA = 16;

  /** KVM_COALESCED_MMIO_MAX. */
  private static final int MOST = (PAGE - ENTRIES) / ENTRY_BYTES;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private byte @Nullable [] page;

  byte load(int offset) {
    return page == null ? 0 : page[offset];
  }

  void store(int offset, byte value) {
    writable()[offset] = value;
  }

  private byte[] writable() {
    byte[] bytes = page;
    if (bytes == null) {
      bytes = new byte[PAGE];
      page = bytes;
    }
    return bytes;
  }

  /** Appends a write; false when the ring is full, or the process has written nonsense into it. */
  boolean append(long address, int length, long value, boolean pio) {
    byte[] bytes = writable();
    int last = (int) INT.get(bytes, LAST);
    int first = (int) INT.get(bytes, FIRST);
    if (last < 0 || last >= MOST || Integer.remainderUnsigned(first - last - 1, MOST) == 0) {
      return false;
    }
    int entry = ENTRIES + last * ENTRY_BYTES;
    LONG.set(bytes, entry, address);
    INT.set(bytes, entry + LEN, length);
    INT.set(bytes, entry + PIO, pio ? 1 : 0);
    for (int i = 0; i < length; i++) {
      bytes[entry + DATA + i] = (byte) (value >>> (8 * i));
    }
    INT.set(bytes, LAST, (last + 1) % MOST);
    return true;
  }

  @Override
  public void writeState(StateWriter out) {
    if (page != null) {
      out.hex("contents", StateHash.ofBytes(page));
    }
  }
}
