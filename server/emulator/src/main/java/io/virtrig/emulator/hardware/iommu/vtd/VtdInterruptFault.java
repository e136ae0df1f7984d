package io.virtrig.emulator.hardware.iommu.vtd;

/** Why an interrupt request is blocked, with the number that fault records have for it. */
enum VtdInterruptFault {
  /** A reserved field of the request is not zero. */
  REQUEST_RESERVED(0x20),
  /** The index is beyond the table. */
  INDEX_TOO_LARGE(0x21),
  /** The entry is not present. */
  NOT_PRESENT(0x22),
  /** The table cannot be read. */
  TABLE_UNREADABLE(0x23),
  /** A reserved field of the entry is not zero. */
  ENTRY_RESERVED(0x24),
  /** A request of compatibility format, which is blocked. */
  COMPATIBILITY_BLOCKED(0x25),
  /** The entry is not for this source. */
  SOURCE_REFUSED(0x26),
  /** The posted descriptor cannot be read. */
  DESCRIPTOR_UNREADABLE(0x27),
  /** A reserved field of the posted descriptor is not zero. */
  DESCRIPTOR_RESERVED(0x28);

  private final int reason;

  VtdInterruptFault(int reason) {
    this.reason = reason;
  }

  int reason() {
    return reason;
  }

  /** Whether the entry's fault-processing-disable bit keeps it from being recorded. */
  boolean qualified() {
    return switch (this) {
      case NOT_PRESENT,
          ENTRY_RESERVED,
          SOURCE_REFUSED,
          DESCRIPTOR_UNREADABLE,
          DESCRIPTOR_RESERVED ->
          true;
      default -> false;
    };
  }
}
