package io.virtrig.emulator.hardware.iommu.vtd;

/** The second level: guest-physical, or a device's own addresses, to physical ones. */
interface SecondLevel {

  /** What is translated; decides on how some faults are called. */
  enum Purpose {
    /** The request itself, or the first level's outcome. */
    REQUEST(VtdFault.TOO_WIDE, VtdFault.NO_READ),
    /** An entry of the first level's top table. */
    FIRST_LEVEL_ROOT(VtdFault.TABLE_TOO_WIDE, VtdFault.ROOT_TABLE_NO_READ),
    /** An entry of another first-level table. */
    FIRST_LEVEL_TABLE(VtdFault.TABLE_TOO_WIDE, VtdFault.TABLE_NO_READ);

    private final VtdFault tooWide;
    private final VtdFault noRead;

    Purpose(VtdFault tooWide, VtdFault noRead) {
      this.tooWide = tooWide;
      this.noRead = noRead;
    }

    VtdFault tooWide() {
      return tooWide;
    }

    VtdFault noRead() {
      return noRead;
    }
  }

  /** Translates; {@link VtdOutcome#FAULTED} when that fails. */
  long translate(long input, boolean write, Purpose purpose);

  /** Whether the address translated last may be written. */
  boolean writable();

  /** Whether it may be read. */
  boolean readable();

  /**
   * The entry that a write to the address translated last must make dirty; 0 where none is kept.
   */
  long dirtyEntry();

  /** Offset bits of the page translated last. */
  int pageShift();
}
