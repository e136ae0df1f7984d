package io.virtrig.emulator.hardware.iommu.vtd;

import java.util.Locale;

/**
 * Why a request is blocked, with the numbers that fault records have for it in legacy and in
 * scalable mode. A fault that a mode cannot raise has the other mode's number there.
 */
public enum VtdFault {
  /** The root-table address register holds a reserved translation table mode. */
  ROOT_TABLE_INVALID(0x30, 0x30),
  /** A request with PASID in legacy mode. */
  PASID_IN_LEGACY_MODE(0x31, 0x31),
  /** The translation table mode is abort. */
  ABORTED(0x33, 0x33),
  /** The root entry cannot be read. */
  ROOT_UNREADABLE(0x8, 0x38),
  /** The root entry is not present. */
  ROOT_NOT_PRESENT(0x1, 0x39),
  /** A reserved field of the root entry is not zero. */
  ROOT_RESERVED(0xa, 0x3a),
  /** The context entry cannot be read. */
  CONTEXT_UNREADABLE(0x9, 0x40),
  /** The context entry is not present. */
  CONTEXT_NOT_PRESENT(0x2, 0x41),
  /** A reserved field of the context entry is not zero. */
  CONTEXT_RESERVED(0xb, 0x42),
  /** The context entry asks for what the unit cannot do. */
  CONTEXT_INVALID(0x3, 0x43),
  /** A translation request, or one translated already, which the context entry does not allow. */
  DEVICE_TLB_DISABLED(0xd, 0x44),
  /** A request with PASID, which the context entry does not allow. */
  PASID_DISABLED(0x45, 0x45),
  /** The PASID is beyond the directory. */
  PASID_TOO_LARGE(0x46, 0x46),
  /** A page request, which the context entry does not allow. */
  PAGE_REQUESTS_DISABLED(0x47, 0x47),
  /** The PASID for requests without one is beyond the directory. */
  RID_PASID_TOO_LARGE(0x48, 0x48),
  /** The directory entry cannot be read. */
  DIRECTORY_UNREADABLE(0x50, 0x50),
  /** The directory entry is not present. */
  DIRECTORY_NOT_PRESENT(0x51, 0x51),
  /** A reserved field of the directory entry is not zero. */
  DIRECTORY_RESERVED(0x52, 0x52),
  /** The PASID-table entry cannot be read. */
  PASID_ENTRY_UNREADABLE(0x58, 0x58),
  /** The PASID-table entry is not present. */
  PASID_ENTRY_NOT_PRESENT(0x59, 0x59),
  /** A reserved field of the PASID-table entry is not zero. */
  PASID_ENTRY_RESERVED(0x5a, 0x5a),
  /** The PASID-table entry asks for what the unit cannot do. */
  PASID_ENTRY_INVALID(0x5b, 0x5b),
  /** A supervisor's request without SRE. */
  SUPERVISOR_DISABLED(0x5d, 0x5d),
  /** A first-level entry cannot be read. */
  FIRST_UNREADABLE(0x70, 0x70),
  /** A first-level entry is not present. */
  FIRST_NOT_PRESENT(0x71, 0x71),
  /** A reserved field of a first-level entry is not zero. */
  FIRST_RESERVED(0x72, 0x72),
  /** An entry of the first level's top table cannot be read. */
  FIRST_ROOT_UNREADABLE(0x73, 0x73),
  /** The address of a first-level table is beyond the second level. */
  TABLE_TOO_WIDE(0x74, 0x74),
  /** The second level does not let the first level's top table be read. */
  ROOT_TABLE_NO_READ(0x75, 0x75),
  /** The second level does not let a first-level table be read. */
  TABLE_NO_READ(0x76, 0x76),
  /** The second level does not let a first-level entry's bits be set. */
  TABLE_NO_WRITE(0x77, 0x77),
  /** A second-level entry cannot be read. */
  SECOND_UNREADABLE(0x7, 0x78),
  /** A second-level entry allows neither reading nor writing, on a read. */
  SECOND_NOT_PRESENT_READ(0x6, 0x79),
  /** A second-level entry allows neither reading nor writing, on a write. */
  SECOND_NOT_PRESENT_WRITE(0x5, 0x79),
  /** A reserved field of a second-level entry is not zero. */
  SECOND_RESERVED(0xc, 0x7a),
  /** An entry of the second level's top table cannot be read. */
  SECOND_ROOT_UNREADABLE(0x3, 0x7b),
  /** A second-level entry's accessed or dirty bit cannot be set. */
  SECOND_UPDATE_FAILED(0x7c, 0x7c),
  /** The address is not canonical. */
  NOT_CANONICAL(0x80, 0x80),
  /** A user's request for a page of the supervisor. */
  NOT_USER(0x81, 0x81),
  /** Passed through, the address is beyond the host's address width. */
  BEYOND_HOST(0x4, 0x83),
  /** The address is beyond what the second level translates. */
  TOO_WIDE(0x4, 0x84),
  /** Writing is not allowed. */
  NO_WRITE(0x5, 0x85),
  /** Reading is not allowed. */
  NO_READ(0x6, 0x86),
  /** The outcome lies in the interrupt range. */
  INTERRUPT_RANGE(0xe, 0x87),
  /** A first-level entry's bits cannot be set. */
  FIRST_UPDATE_FAILED(0x91, 0x91);

  private final int legacy;
  private final int scalable;

  VtdFault(int legacy, int scalable) {
    this.legacy = legacy;
    this.scalable = scalable;
  }

  /** The number for a fault record. */
  public int reason(boolean inScalableMode) {
    return inScalableMode ? scalable : legacy;
  }

  /**
   * Whether a translation request that meets it is answered with no rights, which is no fault: the
   * tables allow nothing. What is wrong with the tables themselves is one.
   */
  boolean deniesRights() {
    return switch (this) {
      case FIRST_NOT_PRESENT,
          SECOND_NOT_PRESENT_READ,
          SECOND_NOT_PRESENT_WRITE,
          TABLE_NO_READ,
          NOT_USER,
          NO_WRITE,
          NO_READ ->
          true;
      default -> false;
    };
  }

  /** It in a word: {@code not_present} and {@code permission} where no more is to be said. */
  public String word() {
    return switch (this) {
      case CONTEXT_NOT_PRESENT,
          FIRST_NOT_PRESENT,
          SECOND_NOT_PRESENT_READ,
          SECOND_NOT_PRESENT_WRITE ->
          "not_present";
      case NOT_USER, NO_WRITE, NO_READ -> "permission";
      default -> name().toLowerCase(Locale.ROOT);
    };
  }

  /**
   * Whether the fault-processing-disable bit of the structures keeps it from being recorded. Those
   * found before such a bit was read are always recorded.
   */
  public boolean qualified() {
    return switch (this) {
      case ROOT_TABLE_INVALID,
          PASID_IN_LEGACY_MODE,
          ABORTED,
          ROOT_UNREADABLE,
          ROOT_NOT_PRESENT,
          ROOT_RESERVED,
          CONTEXT_UNREADABLE,
          DIRECTORY_UNREADABLE,
          PASID_ENTRY_UNREADABLE ->
          false;
      default -> true;
    };
  }
}
