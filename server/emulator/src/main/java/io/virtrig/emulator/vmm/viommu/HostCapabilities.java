package io.virtrig.emulator.vmm.viommu;

import static io.virtrig.emulator.vmm.viommu.ViommuOptions.*;
import static io.virtrig.uapi.UnmergedSeries.IOMMU_PASID_FORMAT_INTEL_VTD;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.IommuNestingInfo;

/**
 * What of CAP and ECAP every host IOMMU behind the unit can do (vtd_sync_nesting_info). Until the
 * machine is done a weaker host takes bits away; afterwards the registers are final and a host must
 * match them.
 */
final class HostCapabilities implements Stateful {
  private static final long CAP_MASK = CAP_FL1GP | CAP_FL5LP;
  private static final long ECAP_MASK = ECAP_PRS | ECAP_ERS | ECAP_SRS | ECAP_EAFS | ECAP_PASID;

  /** struct iommu_nesting_info_vtd. */
  private static final int VTD_BYTES = 24;

  /** Up to and including {@code flags} of the revision's struct: a guest only looks behind it. */
  private static final int FIXED_BYTES = 8;

  private final int addressWidth;
  private long cap;
  private long ecap;
  private boolean done;

  HostCapabilities(ViommuOptions options) {
    addressWidth = options.addressWidth();
    cap = options.cap();
    ecap = options.ecap();
  }

  long cap() {
    return cap;
  }

  long ecap() {
    return ecap;
  }

  /** The machine is done: the registers no longer change. */
  void machineDone() {
    done = true;
  }

  /** Takes a host's IOMMU into account. ENOENT when the unit cannot do with it. */
  void sync(IommuNestingInfo info) {
    if (info.getFormat() != IOMMU_PASID_FORMAT_INTEL_VTD) {
      throw denied("its PASID format " + info.getFormat() + " is not VT-d's");
    }
    if (info.getArgsz() - FIXED_BYTES < VTD_BYTES) {
      throw denied("its nesting info of " + info.getArgsz() + " bytes has no VT-d part");
    }
    if (done) {
      match(info);
    } else {
      restrict(info);
    }
  }

  private void restrict(IommuNestingInfo info) {
    if (addressWidth > info.getAddrWidth()) {
      throw denied("its address width " + info.getAddrWidth() + " is below " + addressWidth);
    }
    cap &= info.getVendor().getVtd().getCapReg() | ~CAP_MASK;
    ecap &= info.getVendor().getVtd().getEcapReg() | ~ECAP_MASK;
    if ((ecap & ECAP_PASID) != 0 && info.getPasidBits() != 0 && pss() > info.getPasidBits() - 1) {
      ecap = (ecap & ~ECAP_PSS) | (info.getPasidBits() - 1L) << PSS_SHIFT;
    }
  }

  private void match(IommuNestingInfo info) {
    if (addressWidth != info.getAddrWidth()) {
      throw denied("its address width " + info.getAddrWidth() + " is not " + addressWidth);
    }
    long hostCap = info.getVendor().getVtd().getCapReg();
    if (((cap ^ hostCap) & CAP_MASK) != 0) {
      throw denied("its CAP 0x" + Long.toHexString(hostCap) + " does not match");
    }
    long hostEcap = info.getVendor().getVtd().getEcapReg();
    if (((ecap ^ hostEcap) & ECAP_MASK) != 0) {
      throw denied("its ECAP 0x" + Long.toHexString(hostEcap) + " does not match");
    }
    if (pss() != info.getPasidBits() - 1) {
      throw denied("its " + info.getPasidBits() + " PASID bits do not match");
    }
  }

  private int pss() {
    return (int) ((ecap & ECAP_PSS) >>> PSS_SHIFT);
  }

  private static KernelError denied(String why) {
    return new KernelError(
        Errno.ENOENT,
        "device attachment is denied by vIOMMU, please check host IOMMU nesting capability: "
            + why);
  }

  @Override
  public void writeState(StateWriter out) {
    out.hex("cap", cap);
    out.hex("ecap", ecap);
    out.flag("done", done);
  }
}
