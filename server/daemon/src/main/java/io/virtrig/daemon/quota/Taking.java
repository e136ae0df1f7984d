package io.virtrig.daemon.quota;

import io.virtrig.uapi.OperationName;
import io.virtrig.v1.Operation.OpCase;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which operations may take what is limited. Whoever is at a limit must be able to give back and to
 * look, so those operations are never refused.
 */
public final class Taking {
  private static final Set<OpCase> EVENTFDS =
      EnumSet.of(OpCase.EVENTFD, OpCase.VMM_START, OpCase.VMM_DEVICE_ADD);

  private static final Set<OpCase> MAPPINGS =
      EnumSet.of(
          OpCase.MMAP,
          OpCase.VFIO_IOMMU_MAP_DMA,
          OpCase.WRITE,
          OpCase.KVM_CREATE_VCPU,
          OpCase.VMM_START,
          OpCase.VMM_DEVICE_ADD,
          OpCase.VMM_MMIO_WRITE);

  /** Nearly everything may have memory written: by the process, a device, a guest or the kernel. */
  private static final Set<OpCase> NO_GUEST_BYTES = lookingAndGivingBack();

  private Taking() {}

  private static Set<OpCase> lookingAndGivingBack() {
    Set<OpCase> all =
        EnumSet.of(
            OpCase.EXIT,
            OpCase.CLOSE,
            OpCase.MUNMAP,
            OpCase.LOAD,
            OpCase.PREAD,
            OpCase.READ,
            OpCase.HW_DMA_READ,
            OpCase.GUEST_READ,
            OpCase.VFIO_IOMMU_UNMAP_DMA,
            OpCase.VFIO_GROUP_UNSET_CONTAINER,
            OpCase.VFIO_DEVICE_RESET,
            OpCase.VMM_DEVICE_DEL,
            OpCase.VMM_STOP,
            OpCase.VMM_FDS,
            OpCase.OP_NOT_SET);
    for (OpCase op : OpCase.values()) {
      if (op != OpCase.OP_NOT_SET && OperationName.of(op).startsWith("host.")) {
        all.add(op);
      }
    }
    return all;
  }

  /** Why an operation is not executed; null when it is. */
  public static @Nullable OverQuota refusal(Account account, OpCase op) {
    OverQuota refusal = EVENTFDS.contains(op) ? account.full(Quota.EVENTFDS) : null;
    if (refusal == null && MAPPINGS.contains(op)) {
      refusal = account.full(Quota.MAPPINGS);
    }
    if (refusal == null && !NO_GUEST_BYTES.contains(op)) {
      refusal = account.full(Quota.GUEST_BYTES);
    }
    return refusal;
  }
}
