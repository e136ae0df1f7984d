package io.virtrig.emulator.kernel.vfio;

import static io.virtrig.uapi.UnmergedSeries.IOMMU_NESTING_FEAT_BIND_PGTBL;
import static io.virtrig.uapi.UnmergedSeries.IOMMU_NESTING_FEAT_CACHE_INVLD;
import static io.virtrig.uapi.UnmergedSeries.IOMMU_NESTING_FEAT_SYSWIDE_PASID;
import static io.virtrig.uapi.UnmergedSeries.IOMMU_PASID_FORMAT_INTEL_VTD;
import static io.virtrig.uapi.UnmergedSeries.VFIO_IOMMU_FLAG_ALLOC_PASID;
import static io.virtrig.uapi.UnmergedSeries.VFIO_IOMMU_FLAG_FREE_PASID;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.iommu.Iommu;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.ioasid.IoasidSet;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.spec.IommuModel;
import io.virtrig.emulator.spec.UapiProfile;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.IommuNestingInfo;
import io.virtrig.v1.IommuNestingInfoVendor;
import io.virtrig.v1.IommuNestingInfoVtd;
import io.virtrig.v1.IommuSpec;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioIommuNestingOpRequest;
import io.virtrig.v1.VfioIommuNestingOpResponse;
import io.virtrig.v1.VfioIommuPasidRequestRequest;
import io.virtrig.v1.VfioIommuPasidRequestResponse;
import io.virtrig.wire.Results;
import org.jspecify.annotations.Nullable;

/**
 * What the vSVA series add to a container: whether it nests, what the hardware offers for that, and
 * the PASIDs of the process that attached its group (series v4 to v8, vfio_iommu_type1.c). In a
 * container that does not nest, and on kernels without the series, it stands for their absence.
 */
final class NestingContainer implements Stateful {
  /** sizeof(struct vfio_iommu_type1_pasid_request). */
  private static final int PASID_REQUEST_SIZE = 16;

  /** Numbers above this are no PASIDs (v7). */
  private static final int HIGHEST_BOUND = 0x80000000;

  /** sizeof(struct iommu_nesting_info) with VT-d's part: v7 and v8, and v6. */
  private static final int INFO_SIZE = 64;

  private static final int INFO_SIZE_V6 = 48;

  /** CAP: FL1GP and FL5LP. */
  private static final long CAP_BITS = 1L << 56 | 1L << 60;

  /** ECAP: PRS, ERS, SRS, EAFS and PASID. */
  private static final long ECAP_BITS = 1L << 29 | 1L << 30 | 1L << 31 | 1L << 34 | 1L << 40;

  private static final int PASID_FLAGS = VFIO_IOMMU_FLAG_ALLOC_PASID | VFIO_IOMMU_FLAG_FREE_PASID;

  private final Kernel kernel;
  private final Iommu iommu;
  private final UapiProfile uapi;
  private final VfioMms mms;
  private final boolean nested;
  private @Nullable VfioMm mm;
  private @Nullable Task process;
  private boolean attached;

  NestingContainer(Kernel kernel, VfioMms mms, boolean nested) {
    this.kernel = kernel;
    this.mms = mms;
    this.nested = nested;
    iommu = kernel.machine().iommu();
    uapi = kernel.configuration().uapi();
  }

  /**
   * The series' rule of one group a container.
   *
   * @param groups how many are in already
   */
  void requireRoom(int groups) {
    if (nested && uapi.vsva() && groups > 0) {
      throw KernelError.invalid("a nesting container has one group");
    }
  }

  /** Whether the hardware can nest: setting the domain's attribute. */
  void requireCapable() {
    if (!nested) {
      return;
    }
    if (iommu.canNest()) {
      if (uapi == UapiProfile.VSVA_V8 && iommu.model() == IommuModel.ARM_SMMU_V3) {
        throw new KernelError(Errno.ENOENT, "the IOMMU reports no nesting format");
      }
      return;
    }
    if (uapi.vsva() && iommu.model() == IommuModel.INTEL_VTD) {
      throw new KernelError(Errno.ENODEV, "not every VT-d unit has scalable mode and nesting");
    }
    throw KernelError.invalid("the IOMMU's driver has no nesting");
  }

  /** The group is in: the process gets its vfio_mm. ENOSPC when its quota cannot be reserved. */
  void attached(Task caller) {
    if (hasSystemWidePasids()) {
      mm = mms.get(caller);
    }
    process = caller;
    attached = true;
  }

  /** Every PASID of the process is unbound from the devices of a group that is about to leave. */
  void unbindAll(VfioGroup group) {
    IoasidSet set = set();
    if (nested && set != null) {
      for (PciFunction function : group.iommuDevices()) {
        kernel.iommu().unbindAll(function, set);
      }
    }
  }

  /** The last group has left: the process's vfio_mm is dropped. */
  void detached() {
    attached = false;
    process = null;
    if (mm != null) {
      mms.put(mm);
      mm = null;
    }
  }

  /** The PASIDs of the process: its vfio_mm's, or in v8 those of its {@code /dev/ioasid}. */
  private @Nullable IoasidSet set() {
    return process == null ? null : kernel.iommu().ioasids().setOf(process.pid());
  }

  /**
   * VFIO_IOMMU_NESTING_OP.
   *
   * @param domain that of the container's group, if one has an IOMMU
   */
  Result operate(VfioIommuNestingOpRequest arg, @Nullable VfioDomain domain) {
    if (!uapi.vsva()) {
      throw KernelError.notTty("type1 of " + uapi.label());
    }
    int operation = NestingOp.operation(arg);
    if (domain == null || !hasNestingInfo()) {
      throw new KernelError(
          Errno.EOPNOTSUPP, "the container does not nest, or its IOMMU reports no such feature");
    }
    new NestingOp(domain.driver(), domain.groups().getFirst(), set()).execute(operation, arg);
    return Results.of(VfioIommuNestingOpResponse.getDefaultInstance());
  }

  private boolean hasNestingInfo() {
    return nested && attached && iommu.model() == IommuModel.INTEL_VTD;
  }

  private boolean hasSystemWidePasids() {
    return nested && uapi.vfioPasidRequest() && iommu.model() == IommuModel.INTEL_VTD;
  }

  /**
   * The nesting capability's content; null when there is none. ENOENT as vSVA v7 answers for the
   * SMMU.
   */
  @Nullable IommuNestingInfo info() {
    if (!nested || !attached || !uapi.vsva()) {
      return null;
    }
    if (iommu.model() == IommuModel.ARM_SMMU_V3) {
      if (uapi == UapiProfile.VSVA_V7) {
        throw new KernelError(Errno.ENOENT, "the IOMMU reports an empty nesting info");
      }
      return null;
    }
    IommuSpec unit = kernel.configuration().spec().getIommu();
    int features =
        uapi == UapiProfile.VSVA_V8
            ? IOMMU_NESTING_FEAT_BIND_PGTBL >> 1 | IOMMU_NESTING_FEAT_CACHE_INVLD >> 1
            : IOMMU_NESTING_FEAT_SYSWIDE_PASID
                | IOMMU_NESTING_FEAT_BIND_PGTBL
                | IOMMU_NESTING_FEAT_CACHE_INVLD;
    boolean unioned = uapi == UapiProfile.VSVA_V7 || uapi == UapiProfile.VSVA_V8;
    return IommuNestingInfo.newBuilder()
        .setArgsz(unioned ? INFO_SIZE : INFO_SIZE_V6)
        .setFormat(IOMMU_PASID_FORMAT_INTEL_VTD)
        .setFeatures(features)
        .setAddrWidth(unit.getAddressWidth())
        .setPasidBits(unit.getPasidBits())
        .setVendor(
            IommuNestingInfoVendor.newBuilder()
                .setVtd(
                    IommuNestingInfoVtd.newBuilder()
                        .setCapReg(unit.getCapReg() & CAP_BITS)
                        .setEcapReg(unit.getEcapReg() & ECAP_BITS)))
        .build();
  }

  /** VFIO_IOMMU_PASID_REQUEST. */
  Result pasidRequest(VfioIommuPasidRequestRequest arg) {
    if (!uapi.vfioPasidRequest()) {
      throw KernelError.notTty("type1 of " + uapi.label());
    }
    int flags = arg.getFlags();
    int min = arg.getRange().getMin();
    int max = arg.getRange().getMax();
    if (arg.hasArgsz()) {
      Argsz.check(arg.getArgsz(), PASID_REQUEST_SIZE);
    }
    if ((flags & ~PASID_FLAGS) != 0) {
      throw KernelError.invalid("unknown flags 0x" + Integer.toHexString(flags & ~PASID_FLAGS));
    }
    if (Integer.compareUnsigned(min, max) > 0) {
      throw KernelError.invalid(
          "range.min "
              + Integer.toUnsignedString(min)
              + " is above range.max "
              + Integer.toUnsignedString(max));
    }
    if (uapi == UapiProfile.VSVA_V7 && Integer.compareUnsigned(max, HIGHEST_BOUND) > 0) {
      throw KernelError.invalid(
          "range.max " + Integer.toUnsignedString(max) + " needs more than 31 bits");
    }
    if (uapi == UapiProfile.VSVA_V4) {
      requireOneAction(flags);
    }
    if (mm == null) {
      throw new KernelError(
          Errno.EOPNOTSUPP, "the container does not nest, or its IOMMU has no system-wide PASIDs");
    }
    requireOneAction(flags);
    long ret = 0;
    if (flags == VFIO_IOMMU_FLAG_ALLOC_PASID) {
      ret = mm.allocate(min, max);
    } else if (uapi == UapiProfile.VSVA_V4) {
      mms.freeOfAll(mm, min, max);
    } else {
      mm.free(min, max);
    }
    return Results.of(VfioIommuPasidRequestResponse.newBuilder().setRet(ret));
  }

  private static void requireOneAction(int flags) {
    if (Integer.bitCount(flags) != 1) {
      throw KernelError.invalid("exactly one of ALLOC and FREE must be set");
    }
  }

  @Override
  public void writeState(StateWriter out) {
    out.flag("nested", nested);
    if (mm != null) {
      out.number("mm_pid", mm.process().pid());
    }
  }
}
