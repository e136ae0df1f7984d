package io.virtrig.uapi;

/**
 * Constants of patch series that were posted but not merged in that form, each with the series that
 * defines it. No kernel header has them; {@code proto/uapi/headers} reports one that a header takes
 * up.
 */
public final class UnmergedSeries {

  // KVM: x86: KVM_MEM_PCI_HOLE memory, v1 and v2, 2020. The capability's number depends on the
  // revision: 186 in v1,
  // 187 in v2; mainline gave both to others.

  public static final int KVM_MEM_PCI_HOLE = 0x4;

  // vfio: expose virtual Shared Virtual Addressing to VMs, v4 to v8, 2020.

  /** The number in v4 to v7; v8 has 4, for 3 had become VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL. */
  public static final int VFIO_IOMMU_TYPE1_INFO_CAP_NESTING = 0x3;

  public static final int VFIO_IOMMU_FLAG_ALLOC_PASID = 0x1;
  public static final int VFIO_IOMMU_FLAG_FREE_PASID = 0x2;
  public static final int VFIO_IOMMU_NESTING_OP_BIND_PGTBL = 0x0;
  public static final int VFIO_IOMMU_NESTING_OP_UNBIND_PGTBL = 0x1;
  public static final int VFIO_IOMMU_NESTING_OP_CACHE_INVLD = 0x2;
  public static final int IOMMU_PASID_FORMAT_INTEL_VTD = 0x1;
  public static final int IOMMU_NESTING_FEAT_SYSWIDE_PASID = 0x1;
  public static final int IOMMU_NESTING_FEAT_BIND_PGTBL = 0x2;
  public static final int IOMMU_NESTING_FEAT_CACHE_INVLD = 0x4;

  private UnmergedSeries() {}
}
