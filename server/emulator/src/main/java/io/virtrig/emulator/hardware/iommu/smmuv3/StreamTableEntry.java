package io.virtrig.emulator.hardware.iommu.smmuv3;

import static io.virtrig.emulator.hardware.iommu.smmuv3.SmmuCapabilities.*;

import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.TableKind;
import io.virtrig.emulator.hardware.iommu.WalkObserver;

/** A stream table entry, and where its fields lie in its eight words. */
final class StreamTableEntry {
  static final int WORDS = 8;

  /** Words that say anything of stage 1. */
  private static final int SHOWN = 2;

  /** S1Fmt. */
  static final int LINEAR = 0;

  static final int TWO_LEVEL_64K = 2;

  /** S1DSS: what transactions without substream do where there are substreams. */
  static final int DSS_TERMINATE = 0;

  static final int DSS_BYPASS = 1;

  /** In place of a context descriptor's number: stage 1 lets everything through. */
  static final int BYPASSED = -1;

  /** Requests without substream are not allowed. */
  static final int DISABLED = -2;

  /** There is no descriptor for the substream. */
  static final int BAD = -3;

  private static final long V = 1L;
  private static final long CONFIG_STAGE_2 = 6L << 1;
  private static final long CONFIG_NESTED = 7L << 1;
  private static final long CONTEXT = 0x000f_ffff_ffff_ffc0L;
  private static final long TTB = 0x000f_ffff_ffff_fff0L;
  private static final long VMID = 0xffff;
  private static final long S2TG = 3L << 46;
  private static final long S2AA64 = 1L << 51;
  private static final long S2ENDI = 1L << 52;
  private static final long S2AFFD = 1L << 53;
  private static final long S2S = 1L << 57;
  private static final long S2R = 1L << 58;
  private static final int LARGEST_T0SZ = 39;
  private static final int SMALLEST_T0SZ = 16;
  private static final int CONCATENATION_BITS = 4;

  private final long[] words = new long[WORDS];

  void set(int index, long word) {
    words[index] = word;
  }

  /** An entry whose stage 2 translates, wherever it may lie, with or without a stage 1. */
  void set(boolean stage1, SmmuUnit.Contexts contexts) {
    words[0] =
        V
            | (stage1 ? CONFIG_NESTED : CONFIG_STAGE_2)
            | (long) contexts.format() << 4
            | (contexts.table() & CONTEXT)
            | (long) contexts.substreamBits() << 59;
    words[1] = contexts.withoutSubstream();
  }

  /** Shows the words of an entry that lies in no memory. */
  void show(WalkObserver observer) {
    for (int word = 0; word < SHOWN; word++) {
      observer.read(TableKind.STREAM_TABLE, 0, 0, (long) word * Long.BYTES, words[word]);
    }
  }

  private int config() {
    return (int) (words[0] >>> 1 & 7);
  }

  /** Terminate without an event. */
  boolean aborts() {
    return (words[0] & V) != 0 && (config() & 4) == 0;
  }

  boolean stage1() {
    return (config() & 5) == 5;
  }

  boolean stage2() {
    return (config() & 6) == 6;
  }

  int contextFormat() {
    return (int) (words[0] >>> 4 & 3);
  }

  /** Physical, or intermediate with both stages. */
  long contextTable() {
    return words[0] & CONTEXT;
  }

  /** Bits of a substream id. */
  int substreamBits() {
    return (int) (words[0] >>> 59);
  }

  int withoutSubstream() {
    return (int) words[1] & 3;
  }

  /** Bits of an intermediate address. */
  int stage2InputBits() {
    return Long.SIZE - t0sz();
  }

  private int t0sz() {
    return (int) (words[2] >>> 32 & 0x3f);
  }

  int stage2StartLevel() {
    return 2 - sl0();
  }

  private int sl0() {
    return (int) (words[2] >>> 38 & 3);
  }

  /** Bits of a physical address that stage 2 may give. */
  int stage2OutputBits(SmmuCapabilities capabilities) {
    return Math.min(addressBits((int) (words[2] >>> 48 & 7)), capabilities.outputBits());
  }

  long stage2Table() {
    return words[3] & TTB;
  }

  boolean stage2AccessFaults() {
    return (words[2] & S2AFFD) == 0;
  }

  boolean stage2Stalls() {
    return (words[2] & S2S) != 0;
  }

  int vmid() {
    return (int) (words[2] & VMID);
  }

  /** The words. */
  long[] copy() {
    return words.clone();
  }

  void set(long[] from) {
    System.arraycopy(from, 0, words, 0, WORDS);
  }

  boolean stage2Records() {
    return (words[2] & S2R) != 0;
  }

  /**
   * Which context descriptor is for a request: its number, {@link #BYPASSED}, {@link #DISABLED} or
   * {@link #BAD}.
   */
  int substream(DmaRequest request) {
    if (!stage1()) {
      return request.hasPasid() ? BAD : BYPASSED;
    }
    if (!request.hasPasid()) {
      if (substreamBits() == 0) {
        return 0;
      }
      return switch (withoutSubstream()) {
        case DSS_TERMINATE -> DISABLED;
        case DSS_BYPASS -> BYPASSED;
        default -> 0;
      };
    }
    boolean zeroTaken = withoutSubstream() > DSS_BYPASS && request.pasid() == 0;
    return substreamBits() == 0 || zeroTaken || request.pasid() >>> substreamBits() != 0
        ? BAD
        : request.pasid();
  }

  /** Whether it may be used. */
  boolean valid(SmmuCapabilities capabilities) {
    return (words[0] & V) != 0
        && (!stage1() || stage1Valid(capabilities))
        && (!stage2() || stage2Valid(capabilities));
  }

  private boolean stage1Valid(SmmuCapabilities capabilities) {
    return capabilities.has(IDR0_S1P)
        && substreamBits() <= capabilities.substreamBits()
        && (substreamBits() == 0
            || contextFormat() == LINEAR
            || (contextFormat() <= TWO_LEVEL_64K && capabilities.has(IDR0_CD2L)));
  }

  private boolean stage2Valid(SmmuCapabilities capabilities) {
    int smallest = Math.max(SMALLEST_T0SZ, Long.SIZE - capabilities.outputBits());
    if (!capabilities.has(IDR0_S2P)
        || (words[2] & S2AA64) == 0
        || (words[2] & (S2TG | S2ENDI)) != 0
        || ((words[2] & S2S) != 0 && capabilities.has(IDR0_NO_STALL))
        || sl0() == 3
        || t0sz() > LARGEST_T0SZ
        || t0sz() < smallest) {
      return false;
    }
    int index = stage2InputBits() - Descriptor.shift(stage2StartLevel());
    return index >= 1
        && index <= 9 + CONCATENATION_BITS
        && stage2Table() >>> stage2OutputBits(capabilities) == 0;
  }
}
