package io.virtrig.emulator.kernel.vfio.ccw;

import java.nio.ByteBuffer;

/**
 * The guest's operation-request block, as it stands in the I/O region.
 *
 * @param control bytes 4 to 7
 * @param cpa the guest's address of the first CCW
 */
record GuestOrb(int control, int cpa) {
  private static final int FORMAT1 = 0x800000;
  private static final int PREFETCH = 0x400000;
  private static final int TRANSPORT = 0x040000;
  private static final int IDAW_64 = 0x020000;
  private static final int IDAW_2K = 0x010000;

  static GuestOrb of(ByteBuffer region) {
    return new GuestOrb(region.getInt(4), region.getInt(8));
  }

  boolean format1() {
    return (control & FORMAT1) != 0;
  }

  boolean prefetch() {
    return (control & PREFETCH) != 0;
  }

  boolean transportMode() {
    return (control & TRANSPORT) != 0;
  }

  /** Whether lists have 64-bit IDAWs, each of a 4 KiB block. */
  boolean indirectSupported() {
    return (control & (IDAW_64 | IDAW_2K)) == IDAW_64;
  }

  /** The logical path mask. */
  int lpm() {
    return control >>> 8 & 0xff;
  }
}
