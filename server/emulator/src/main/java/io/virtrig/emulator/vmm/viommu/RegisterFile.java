package io.virtrig.emulator.vmm.viommu;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The registers of the virtual unit, each bit with what a guest can do to it: change it, clear it
 * by writing 1, or never read it (the csr, wmask, w1cmask and womask of QEMU's IntelIOMMUState).
 */
final class RegisterFile implements Stateful {
  /** Bytes of registers; what lies beyond is none. */
  static final int BYTES = 0xf00;

  static final int VER = 0x000;
  static final int CAP = 0x008;
  static final int ECAP = 0x010;
  static final int GCMD = 0x018;
  static final int GSTS = 0x01c;
  static final int RTADDR = 0x020;
  static final int CCMD = 0x028;
  static final int FSTS = 0x034;
  static final int FECTL = 0x038;
  static final int FEDATA = 0x03c;
  static final int FEADDR = 0x040;
  static final int FEUADDR = 0x044;
  static final int IQH = 0x080;
  static final int IQT = 0x088;
  static final int IQA = 0x090;
  static final int ICS = 0x09c;
  static final int IECTL = 0x0a0;
  static final int IEDATA = 0x0a4;
  static final int IEADDR = 0x0a8;
  static final int IEUADDR = 0x0ac;
  static final int IRTA = 0x0b8;
  static final int IVA = 0x0f0;
  static final int IOTLB = 0x0f8;
  static final int FAULT_RECORD_HIGH = 0x228;
  static final int VCCAP = 0xe00;
  static final int VCMD = 0xe10;
  static final int VCRSP = 0xe20;

  private static final int VERSION = 0x10;
  private static final int MASKED = 1 << 31;

  private final byte[] values = new byte[BYTES];
  private final ByteBuffer value = words(values);
  private final ByteBuffer writable = words(new byte[BYTES]);
  private final ByteBuffer clearedByOne = words(new byte[BYTES]);
  private final ByteBuffer writeOnly = words(new byte[BYTES]);

  RegisterFile() {
    writable.putInt(GCMD, 0xff800000);
    writeOnly.putInt(GCMD, -1);
    writable.putLong(RTADDR, ~0x3ffL);
    writable.putLong(CCMD, 0xe0000003ffffffffL);
    clearedByOne.putInt(FSTS, 0x11);
    writable.putInt(FECTL, MASKED);
    writable.putInt(FEDATA, 0xffff);
    writable.putInt(FEADDR, 0xfffffffc);
    writable.putLong(IQT, 0x7fff0L);
    writable.putLong(IQA, 0xfffffffffffff807L);
    clearedByOne.putInt(ICS, 1);
    writable.putInt(IECTL, MASKED);
    writable.putInt(IEDATA, -1);
    writable.putInt(IEADDR, 0xfffffffc);
    writable.putLong(IOTLB, 0xb003ffff00000000L);
    writable.putLong(IVA, 0xfffffffffffff07fL);
    writeOnly.putLong(IVA, -1);
    clearedByOne.putLong(FAULT_RECORD_HIGH, 1L << 63);
    writable.putLong(IRTA, 0xfffffffffffff80fL);
    writable.putLong(VCMD, -1);
  }

  private static ByteBuffer words(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Every register gets the value it has after reset. */
  void reset(long cap, long ecap, long vccap) {
    Arrays.fill(values, (byte) 0);
    value.putInt(VER, VERSION);
    value.putLong(CAP, cap);
    value.putLong(ECAP, ecap);
    value.putInt(FECTL, MASKED);
    value.putInt(IECTL, MASKED);
    value.putLong(VCCAP, vccap);
  }

  /** What the guest reads. */
  long read(int offset, int size) {
    return size == Integer.BYTES
        ? value.getInt(offset) & ~writeOnly.getInt(offset) & 0xffff_ffffL
        : value.getLong(offset) & ~writeOnly.getLong(offset);
  }

  /** The guest writes; only bits change that it can change. */
  void write(int offset, int size, long written) {
    if (size == Integer.BYTES) {
      int mask = writable.getInt(offset);
      int kept = (value.getInt(offset) & ~mask) | ((int) written & mask);
      value.putInt(offset, kept & ~(clearedByOne.getInt(offset) & (int) written));
    } else {
      long mask = writable.getLong(offset);
      long kept = (value.getLong(offset) & ~mask) | (written & mask);
      value.putLong(offset, kept & ~(clearedByOne.getLong(offset) & written));
    }
  }

  int raw32(int offset) {
    return value.getInt(offset);
  }

  long raw64(int offset) {
    return value.getLong(offset);
  }

  void set32(int offset, int raw) {
    value.putInt(offset, raw);
  }

  void set64(int offset, long raw) {
    value.putLong(offset, raw);
  }

  @Override
  public void writeState(StateWriter out) {
    for (int offset = 0; offset < BYTES; offset += Long.BYTES) {
      if (value.getLong(offset) != 0) {
        out.hex("0x" + Integer.toHexString(offset), value.getLong(offset));
      }
    }
  }
}
