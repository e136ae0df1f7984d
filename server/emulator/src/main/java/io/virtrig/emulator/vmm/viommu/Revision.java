package io.virtrig.emulator.vmm.viommu;

import io.virtrig.emulator.spec.UapiProfile;

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

  /**
   * Whether it finds a kernel's struct iommu_nesting_info: v4 has two words before it that v6 has
   * not, so that the one takes what is no length for the other's.
   */
  boolean finds(UapiProfile kernel) {
    return (this == RFC_V7) == (kernel == UapiProfile.VSVA_V4);
  }
}
