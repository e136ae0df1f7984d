package io.virtrig.emulator.hardware.iommu;

/** The caches of a unit and of the devices behind it. */
public enum CacheKind {
  /** Which structures a function has: context entries, stream table entries. */
  CONTEXT,
  /** How a PASID is translated: PASID-table entries, context descriptors. */
  PASID,
  /** Translations. */
  IOTLB,
  /** Where upper paging structures lead to. */
  PAGING_STRUCTURE,
  /** Translations that a device keeps for itself (ATS). */
  DEVICE_TLB
}
