package io.virtrig.emulator.kernel.iommu.arm;

import static io.virtrig.uapi.NestingSeries.*;

import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.RecordedFault;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuEvent;
import io.virtrig.emulator.kernel.iommu.UnrecoverableFault;
import org.jspecify.annotations.Nullable;

/**
 * Which events of an SMMU reach user space, and as what (arm_smmu_faults of the nested series v7,
 * patch 18). All are unrecoverable; a read sets no permission bit.
 */
final class EventReport {
  private static final int PASID = IOMMU_FAULT_UNRECOV_PASID_VALID;
  private static final int PERM = IOMMU_FAULT_UNRECOV_PERM_VALID;
  private static final int ADDR = IOMMU_FAULT_UNRECOV_ADDR_VALID;
  private static final int FETCH = IOMMU_FAULT_UNRECOV_FETCH_ADDR_VALID;

  private EventReport() {}

  /** The record for a fault; null where it is the host's own business. */
  static @Nullable UnrecoverableFault of(RecordedFault recorded) {
    return switch (SmmuEvent.valueOf(recorded.name())) {
      case C_BAD_SUBSTREAMID -> report(recorded, IOMMU_FAULT_REASON_PASID_INVALID, PASID);
      case F_CD_FETCH -> report(recorded, IOMMU_FAULT_REASON_PASID_FETCH, PASID | FETCH);
      case C_BAD_CD -> report(recorded, IOMMU_FAULT_REASON_BAD_PASID_ENTRY, PASID);
      case F_WALK_EABT ->
          ofStage1(recorded, IOMMU_FAULT_REASON_WALK_EABT, PASID | PERM | ADDR | FETCH);
      case F_TRANSLATION -> ofStage1(recorded, IOMMU_FAULT_REASON_PTE_FETCH, PASID | PERM | ADDR);
      case F_ADDR_SIZE -> ofStage1(recorded, IOMMU_FAULT_REASON_OOR_ADDRESS, PASID | PERM | ADDR);
      case F_ACCESS -> ofStage1(recorded, IOMMU_FAULT_REASON_ACCESS, PASID | PERM | ADDR);
      case F_PERMISSION -> ofStage1(recorded, IOMMU_FAULT_REASON_PERMISSION, PASID | PERM | ADDR);
      default -> null;
    };
  }

  private static @Nullable UnrecoverableFault ofStage1(
      RecordedFault recorded, int reason, int has) {
    return recorded.secondStage() ? null : report(recorded, reason, has);
  }

  private static UnrecoverableFault report(RecordedFault recorded, int reason, int has) {
    DmaRequest request = recorded.request();
    int flags = request.hasPasid() ? has : has & ~PASID;
    int perm =
        (request.write() ? IOMMU_FAULT_PERM_WRITE : 0)
            | (request.privileged() ? IOMMU_FAULT_PERM_PRIV : 0);
    return new UnrecoverableFault(
        reason,
        flags,
        request.hasPasid() ? request.pasid() : 0,
        (has & PERM) != 0 ? perm : 0,
        (has & ADDR) != 0 ? request.address() : 0,
        (has & FETCH) != 0 ? recorded.fetchAddress() : 0);
  }
}
