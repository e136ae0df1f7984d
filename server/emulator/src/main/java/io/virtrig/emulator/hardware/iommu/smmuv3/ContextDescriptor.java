package io.virtrig.emulator.hardware.iommu.smmuv3;

import static io.virtrig.emulator.hardware.iommu.smmuv3.SmmuCapabilities.*;

import java.util.Arrays;

/** A context descriptor, and where its fields lie in its eight words. */
final class ContextDescriptor {
  static final int WORDS = 8;

  private static final long EPD0 = 1L << 14;
  private static final long ENDI = 1L << 15;
  private static final long EPD1 = 1L << 30;
  private static final long V = 1L << 31;
  private static final long AFFD = 1L << 35;
  private static final long TBI0 = 1L << 38;
  private static final long TBI1 = 1L << 39;
  private static final long AA64 = 1L << 41;
  private static final long HD_HA = 3L << 42;
  private static final long S = 1L << 44;
  private static final long R = 1L << 45;
  private static final long A = 1L << 46;
  private static final long TTB = 0x000f_ffff_ffff_fff0L;
  private static final long HAD = 1L << 1;
  private static final int LARGEST_TSZ = 39;
  private static final int SMALLEST_TSZ = 16;
  private static final int TG0_4K = 0;
  private static final int TG1_4K = 2;

  private static final int HALF_BIT = 55;
  private static final int TOP_BYTE = 8;

  private final long[] words = new long[WORDS];

  void set(int index, long word) {
    words[index] = word;
  }

  void set(long[] from) {
    System.arraycopy(from, 0, words, 0, WORDS);
  }

  /** Its words, and after them where it lies and the changes of memory when it was read. */
  long[] copy(long address, long changes) {
    long[] copy = Arrays.copyOf(words, WORDS + 2);
    copy[WORDS] = address;
    copy[WORDS + 1] = changes;
    return copy;
  }

  int asid() {
    return (int) (words[0] >>> 48);
  }

  /** An address without what is ignored of it. */
  long untagged(long address) {
    boolean upper = (address >>> HALF_BIT & 1) != 0;
    return topByteIgnored(upper) ? address << TOP_BYTE >> TOP_BYTE : address;
  }

  /** Whether a half of the address space has no tables. */
  boolean disabled(boolean upper) {
    return (words[0] & (upper ? EPD1 : EPD0)) != 0;
  }

  /** Whether the top byte of an address of a half is ignored. */
  boolean topByteIgnored(boolean upper) {
    return (words[0] & (upper ? TBI1 : TBI0)) != 0;
  }

  /** Bits of an input address of a half. */
  int inputBits(boolean upper) {
    return Long.SIZE - (int) (words[0] >>> (upper ? 16 : 0) & 0x3f);
  }

  private int granule(boolean upper) {
    return (int) (words[0] >>> (upper ? 22 : 6) & 3);
  }

  long table(boolean upper) {
    return words[upper ? 2 : 1] & TTB;
  }

  /** Whether table descriptors restrict what lies below them. */
  boolean hierarchical(boolean upper) {
    return (words[upper ? 2 : 1] & HAD) == 0;
  }

  boolean accessFaults() {
    return (words[0] & AFFD) == 0;
  }

  boolean stalls() {
    return (words[0] & S) != 0;
  }

  boolean records() {
    return (words[0] & R) != 0;
  }

  /** Bits of the address that stage 1 may give. */
  int outputBits(SmmuCapabilities capabilities) {
    return Math.min(addressBits((int) (words[0] >>> 32 & 7)), capabilities.outputBits());
  }

  /** Whether it may be used. */
  boolean valid(SmmuCapabilities capabilities) {
    return (words[0] & V) != 0
        && (words[0] & AA64) != 0
        && (words[0] & ENDI) == 0
        && ((words[0] & A) != 0 || !capabilities.has(IDR0_TERM_MODEL))
        && ((words[0] & S) == 0 || !capabilities.has(IDR0_NO_STALL))
        && ((words[0] & HD_HA) == 0 || capabilities.has(IDR0_HTTU))
        && halfValid(capabilities, false)
        && halfValid(capabilities, true);
  }

  private boolean halfValid(SmmuCapabilities capabilities, boolean upper) {
    if (disabled(upper)) {
      return true;
    }
    int size = Long.SIZE - inputBits(upper);
    return size >= SMALLEST_TSZ
        && size <= LARGEST_TSZ
        && granule(upper) == (upper ? TG1_4K : TG0_4K)
        && table(upper) >>> outputBits(capabilities) == 0;
  }
}
