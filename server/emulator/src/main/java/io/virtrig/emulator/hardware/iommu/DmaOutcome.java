package io.virtrig.emulator.hardware.iommu;

/** What became of an access. Each unit has one, and each access overwrites it. */
public interface DmaOutcome {
  /** Whether it is blocked. */
  boolean blocked();

  /** Why, in a word: {@code not_present}, {@code permission}, or the name of the unit's fault. */
  String reason();

  /** The number of the fault in the unit's records; 0 for none. */
  int code();

  /** The structure that decided, in words; empty for none. */
  String structure();

  /** The level of the entry that decided, as the architecture counts them; -1 for none. */
  int decidedAt();

  /** The physical address. */
  long address();

  /** Bits of an offset in the page that was looked up. */
  int pageShift();
}
