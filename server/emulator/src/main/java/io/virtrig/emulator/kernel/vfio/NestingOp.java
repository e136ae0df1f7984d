package io.virtrig.emulator.kernel.vfio;

import static io.virtrig.uapi.UnmergedSeries.VFIO_IOMMU_NESTING_OP_BIND_PGTBL;
import static io.virtrig.uapi.UnmergedSeries.VFIO_IOMMU_NESTING_OP_CACHE_INVLD;
import static io.virtrig.uapi.UnmergedSeries.VFIO_IOMMU_NESTING_OP_UNBIND_PGTBL;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.ioasid.IoasidSet;
import io.virtrig.emulator.kernel.iommu.CacheInvalidation;
import io.virtrig.emulator.kernel.iommu.DriverDomain;
import io.virtrig.emulator.kernel.iommu.GpasidBind;
import io.virtrig.v1.IommuNestingData;
import io.virtrig.v1.VfioIommuNestingOpRequest;
import org.jspecify.annotations.Nullable;

/**
 * VFIO_IOMMU_NESTING_OP on the devices of a group, in the order of their membership
 * (vfio_iommu_handle_pgtbl_op and vfio_iommu_invalidate_cache; vSVA series v4 to v8).
 *
 * <p>The IOMMU core copies and checks the inner struct once for each device, so that its refusals
 * are those of a device.
 *
 * @param domain the group's domain
 * @param group the container's only group
 * @param set the PASIDs of the process, if it has any
 */
record NestingOp(DriverDomain domain, VfioGroup group, @Nullable IoasidSet set) {
  /** The header: argsz and flags. */
  private static final int HEADER_SIZE = 8;

  private static final int OPERATION_MASK = 0xffff;

  /** Which operation it is, after the checks that come before the container is looked at. */
  static int operation(VfioIommuNestingOpRequest arg) {
    int flags = arg.getFlags();
    if (arg.hasArgsz()) {
      Argsz.check(arg.getArgsz(), HEADER_SIZE);
    }
    if ((flags & ~OPERATION_MASK) != 0) {
      throw KernelError.invalid("unknown flags 0x" + Integer.toHexString(flags & ~OPERATION_MASK));
    }
    if (flags > VFIO_IOMMU_NESTING_OP_CACHE_INVLD) {
      throw KernelError.invalid("there is no operation " + flags);
    }
    return flags;
  }

  void execute(int operation, VfioIommuNestingOpRequest arg) {
    IommuNestingData data = arg.hasData() ? arg.getData() : null;
    switch (operation) {
      case VFIO_IOMMU_NESTING_OP_BIND_PGTBL -> bind(data);
      case VFIO_IOMMU_NESTING_OP_UNBIND_PGTBL -> unbind(data);
      default -> invalidate(data);
    }
  }

  /** A refusal by any device unbinds the PASID from all, whatever bound it. */
  private void bind(@Nullable IommuNestingData data) {
    try {
      for (PciFunction function : group.iommuDevices()) {
        domain.bindGpasid(function, GpasidBind.of(data), set);
      }
    } catch (KernelError e) {
      unbind(data);
      throw e;
    }
  }

  /** Nobody looks at what comes of it. */
  private void unbind(@Nullable IommuNestingData data) {
    for (PciFunction function : group.iommuDevices()) {
      try {
        domain.unbindGpasid(function, GpasidBind.of(data).hpasid(), set);
      } catch (KernelError _) {
        // The series drops it: the ioctl says 0.
      }
    }
  }

  /** Nobody looks at what comes of it either. */
  private void invalidate(@Nullable IommuNestingData data) {
    for (PciFunction function : group.iommuDevices()) {
      try {
        domain.invalidate(function, CacheInvalidation.of(data), set);
      } catch (KernelError _) {
        // The series drops it: the ioctl says 0.
      }
    }
  }
}
