package io.virtrig.emulator.vmm.viommu;

/** Which posting of the series. */
enum Revision {
  /** Goes with host kernel series v4. */
  RFC_V7,
  /** Goes with host kernel series v6. */
  RFC_V9;

  /** Whether unbind says its version and format; RFC v7 leaves both zero. */
  boolean describesUnbind() {
    return this == RFC_V9;
  }
}
