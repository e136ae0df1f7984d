package io.virtrig.emulator.hardware.iommu;

/** The caches of a unit and of the devices behind it. */
public enum CacheKind {
  /** Which structures a function has: context entries, stream table entries. */
  CONTEXT("context cache"),
  /** How a PASID is translated: PASID-table entries, context descriptors. */
  PASID("PASID cache"),
  /** Translations. */
  IOTLB("IOTLB"),
  /** Where upper paging structures lead to. */
  PAGING_STRUCTURE("paging-structure cache"),
  /** Translations that a device keeps for itself (ATS). */
  DEVICE_TLB("device TLB");

  private final String label;

  CacheKind(String label) {
    this.label = label;
  }

  /** It in words. */
  public String label() {
    return label;
  }
}
