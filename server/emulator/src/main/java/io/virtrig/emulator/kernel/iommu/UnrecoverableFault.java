package io.virtrig.emulator.kernel.iommu;

/**
 * struct iommu_fault_unrecoverable: a request was refused, and nobody can make it good.
 *
 * @param reason IOMMU_FAULT_REASON_*
 * @param flags IOMMU_FAULT_UNRECOV_*: which of the others are valid
 * @param pasid the PASID
 * @param perm IOMMU_FAULT_PERM_*
 * @param addr the address asked for
 * @param fetchAddr the address of a structure that could not be read
 */
public record UnrecoverableFault(
    int reason, int flags, int pasid, int perm, long addr, long fetchAddr) {}
