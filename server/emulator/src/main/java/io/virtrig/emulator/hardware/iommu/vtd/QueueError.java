package io.virtrig.emulator.hardware.iommu.vtd;

/** Why an invalidation queue stops at a descriptor, with the number that IQERCD.IQEI has for it. */
public enum QueueError {
  /** The type is none that there is. */
  DESCRIPTOR_TYPE(3),
  /** A reserved field is not zero, or a field holds a reserved value. */
  RESERVED_FIELD(4),
  /** The type needs a queue of 256-bit descriptors. */
  DESCRIPTOR_WIDTH(5),
  /** The type needs scalable mode. */
  TABLE_MODE(7);

  private final int iqei;

  QueueError(int iqei) {
    this.iqei = iqei;
  }

  /** The number. */
  public int iqei() {
    return iqei;
  }
}
