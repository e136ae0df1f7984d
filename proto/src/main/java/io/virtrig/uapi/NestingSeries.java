package io.virtrig.uapi;

/**
 * Constants of two-stage translation: linux/iommu.h as the vSVA series (v4 to v8) and the nested
 * SMMUv3 series (v7) had it, and what they add to linux/vfio.h. Most of it was merged in 5.3 to
 * 5.11 and taken out again in 6.2; the rest never was.
 */
public final class NestingSeries {

  // struct iommu_gpasid_bind_data.

  public static final int IOMMU_GPASID_BIND_VERSION_1 = 0x1;
  public static final int IOMMU_SVA_GPASID_VAL = 0x1;
  public static final int IOMMU_SVA_VTD_GPASID_SRE = 0x1;
  public static final int IOMMU_SVA_VTD_GPASID_EAFE = 0x2;
  public static final int IOMMU_SVA_VTD_GPASID_PCD = 0x4;
  public static final int IOMMU_SVA_VTD_GPASID_PWT = 0x8;
  public static final int IOMMU_SVA_VTD_GPASID_EMTE = 0x10;
  public static final int IOMMU_SVA_VTD_GPASID_CD = 0x20;

  // struct iommu_cache_invalidate_info.

  public static final int IOMMU_CACHE_INVALIDATE_INFO_VERSION_1 = 0x1;
  public static final int IOMMU_CACHE_INV_TYPE_IOTLB = 0x1;
  public static final int IOMMU_CACHE_INV_TYPE_DEV_IOTLB = 0x2;
  public static final int IOMMU_CACHE_INV_TYPE_PASID = 0x4;
  public static final int IOMMU_INV_GRANU_DOMAIN = 0x0;
  public static final int IOMMU_INV_GRANU_PASID = 0x1;
  public static final int IOMMU_INV_GRANU_ADDR = 0x2;
  public static final int IOMMU_INV_PASID_FLAGS_PASID = 0x1;
  public static final int IOMMU_INV_PASID_FLAGS_ARCHID = 0x2;
  public static final int IOMMU_INV_ADDR_FLAGS_PASID = 0x1;
  public static final int IOMMU_INV_ADDR_FLAGS_ARCHID = 0x2;
  public static final int IOMMU_INV_ADDR_FLAGS_LEAF = 0x4;

  // struct iommu_pasid_table_config.

  public static final int PASID_TABLE_CFG_VERSION_1 = 0x1;
  public static final int PASID_TABLE_SMMUV3_CFG_VERSION_1 = 0x1;
  public static final int IOMMU_PASID_FORMAT_SMMUV3 = 0x1;
  public static final int IOMMU_PASID_CONFIG_TRANSLATE = 0x1;
  public static final int IOMMU_PASID_CONFIG_BYPASS = 0x2;
  public static final int IOMMU_PASID_CONFIG_ABORT = 0x3;

  // struct iommu_fault; the flags' numbers are those of v7, where PERM_VALID came in between.

  public static final int IOMMU_FAULT_DMA_UNRECOV = 0x1;
  public static final int IOMMU_FAULT_PAGE_REQ = 0x2;
  public static final int IOMMU_FAULT_REASON_UNKNOWN = 0x0;
  public static final int IOMMU_FAULT_REASON_PASID_FETCH = 0x1;
  public static final int IOMMU_FAULT_REASON_BAD_PASID_ENTRY = 0x2;
  public static final int IOMMU_FAULT_REASON_PASID_INVALID = 0x3;
  public static final int IOMMU_FAULT_REASON_WALK_EABT = 0x4;
  public static final int IOMMU_FAULT_REASON_PTE_FETCH = 0x5;
  public static final int IOMMU_FAULT_REASON_PERMISSION = 0x6;
  public static final int IOMMU_FAULT_REASON_ACCESS = 0x7;
  public static final int IOMMU_FAULT_REASON_OOR_ADDRESS = 0x8;
  public static final int IOMMU_FAULT_UNRECOV_PASID_VALID = 0x1;
  public static final int IOMMU_FAULT_UNRECOV_PERM_VALID = 0x2;
  public static final int IOMMU_FAULT_UNRECOV_ADDR_VALID = 0x4;
  public static final int IOMMU_FAULT_UNRECOV_FETCH_ADDR_VALID = 0x8;
  public static final int IOMMU_FAULT_PERM_READ = 0x1;
  public static final int IOMMU_FAULT_PERM_WRITE = 0x2;
  public static final int IOMMU_FAULT_PERM_EXEC = 0x4;
  public static final int IOMMU_FAULT_PERM_PRIV = 0x8;

  // linux/vfio.h.

  public static final int VFIO_PCI_DMA_FAULT_IRQ_INDEX = 0x5;
  public static final int VFIO_REGION_INFO_CAP_PRODUCER_FAULT = 0x6;
  public static final int VFIO_REGION_TYPE_NESTED = 0x2;
  public static final int VFIO_REGION_SUBTYPE_NESTED_FAULT_PROD = 0x1;
  public static final int VFIO_REGION_SUBTYPE_NESTED_FAULT_CONS = 0x2;

  private NestingSeries() {}
}
