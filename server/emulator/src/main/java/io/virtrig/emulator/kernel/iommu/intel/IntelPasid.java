package io.virtrig.emulator.kernel.iommu.intel;

import static io.virtrig.emulator.hardware.pci.PciRegs.*;
import static io.virtrig.uapi.NestingSeries.IOMMU_SVA_VTD_GPASID_EAFE;
import static io.virtrig.uapi.NestingSeries.IOMMU_SVA_VTD_GPASID_SRE;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.iommu.Iommu;
import io.virtrig.emulator.hardware.iommu.vtd.HostPasidEntry;
import io.virtrig.emulator.hardware.iommu.vtd.VtdUnit;
import io.virtrig.emulator.hardware.pci.Capabilities;
import io.virtrig.emulator.hardware.pci.ConfigSpace;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.iommu.GpasidBind;
import io.virtrig.v1.IommuSpec;

/**
 * Entries of the functions' PASID tables, and the flushes that a change of them takes
 * (drivers/iommu/intel/pasid.c). Caching mode is off: a fresh entry needs no flush.
 */
public final class IntelPasid {
  /** PASID_MAX as a width. */
  private static final int FULL_WIDTH = 20;

  private static final int PASID_CAP_WIDTH_MASK = 0x1f;
  private static final int PAGE_SHIFT = 12;

  /** All of a device's TLB. */
  private static final int EVERYTHING = 64;

  private static final long CAP_FL5LP = 1L << 60;
  private static final long ECAP_SRS = 1L << 31;
  private static final long ECAP_EAFS = 1L << 34;

  private final VtdUnit unit;
  private final Iommu iommu;
  private final IommuSpec registers;

  /** The tables of a host's functions. */
  public IntelPasid(VtdUnit unit, Iommu iommu, IommuSpec registers) {
    this.unit = unit;
    this.iommu = iommu;
    this.registers = registers;
  }

  /** A function must be able to send any PASID: what its physical capability says. */
  static void requireFullWidth(PciFunction function) {
    int at = capability(function, PCI_EXT_CAP_ID_PASID);
    if (at == 0) {
      throw KernelError.invalid(function.name() + " has no PASID capability");
    }
    int width =
        function.config().word(at + PCI_PASID_CAP) >> PCI_PASID_CAP_WIDTH_SHIFT
            & PASID_CAP_WIDTH_MASK;
    if (width < FULL_WIDTH) {
      throw KernelError.invalid(
          function.name() + " sends PASIDs of " + width + " bits, not " + FULL_WIDTH);
    }
  }

  private static int capability(PciFunction function, int id) {
    ConfigSpace config = function.config();
    for (Capabilities.Capability each : Capabilities.extended(config)) {
      if (each.id() == id) {
        return each.at();
      }
    }
    return 0;
  }

  /** The unit must have nesting, and the domain must be made for it. */
  void requireNesting(DmarDomain domain) {
    if (!iommu.canNest() || !domain.nested()) {
      throw KernelError.invalid("the unit has no nesting, or the domain does not nest");
    }
  }

  /** Five-level first levels. */
  boolean fiveLevel() {
    return (registers.getCapReg() & CAP_FL5LP) != 0;
  }

  /** Requests with a supervisor's rights. */
  boolean supervisorRequests() {
    return (registers.getEcapReg() & ECAP_SRS) != 0;
  }

  /** The extended accessed flag. */
  boolean extendedAccessed() {
    return (registers.getEcapReg() & ECAP_EAFS) != 0;
  }

  /** Whether an entry is present. */
  boolean present(PciFunction function, long pasid) {
    return unit.present(function.source(), (int) pasid);
  }

  /** intel_pasid_setup_nested. The function's PASID capability is enabled with its first entry. */
  void setupNested(DmarDomain domain, PciFunction function, GpasidBind bind) {
    enable(function);
    unit.setPasid(
        function.source(),
        (int) bind.hpasid(),
        new HostPasidEntry.Nested(
            domain.tables(),
            bind.gpgd(),
            bind.addrWidth() == 57 ? 5 : 4,
            (bind.vtdFlags() & IOMMU_SVA_VTD_GPASID_SRE) != 0,
            (bind.vtdFlags() & IOMMU_SVA_VTD_GPASID_EAFE) != 0,
            false));
  }

  /** intel_pasid_setup_second_level. */
  void setupSecondLevel(DmarDomain domain, PciFunction function, int pasid) {
    enable(function);
    unit.setPasid(function.source(), pasid, new HostPasidEntry.SecondLevelOnly(domain.tables()));
  }

  /** pci_enable_pasid. */
  private static void enable(PciFunction function) {
    int at = capability(function, PCI_EXT_CAP_ID_PASID);
    int control = function.config().word(at + PCI_PASID_CTRL);
    if ((control & PCI_PASID_CTRL_ENABLE) == 0) {
      function.writeConfig(at + PCI_PASID_CTRL, 2, control | PCI_PASID_CTRL_ENABLE);
    }
  }

  /**
   * intel_pasid_tear_down_entry and intel_svm_drain_prq: the entry goes, then the PASID cache, the
   * IOTLB and the device's TLB are flushed, then page requests are drained.
   */
  void tearDown(PciFunction function, long pasid) {
    int source = function.source();
    HostPasidEntry entry = unit.pasid(source, (int) pasid);
    if (entry == null) {
      return;
    }
    unit.clearPasid(source, (int) pasid);
    unit.flushPasidCache(entry.domain(), (int) pasid);
    unit.flushPasidIotlb(entry.domain(), (int) pasid);
    if (hasAts(function)) {
      unit.flushDeviceTlb(source, (int) pasid, 0, EVERYTHING);
    }
    unit.drainPageRequests(source, (int) pasid);
  }

  /** qi_flush_piotlb of all of a PASID, and of the device's TLB behind it. */
  void flushIotlb(DmarDomain domain, PciFunction function, long pasid) {
    unit.flushPasidIotlb(domain.tables(), (int) pasid);
    if (hasAts(function)) {
      unit.flushDeviceTlb(function.source(), (int) pasid, 0, EVERYTHING);
    }
  }

  /** qi_flush_piotlb of 2^order pages, and of the device's TLB behind it. */
  void flushIotlb(
      DmarDomain domain, PciFunction function, long pasid, long addr, int order, boolean leaf) {
    unit.flushPasidIotlb(domain.tables(), (int) pasid, addr, order, leaf);
    flushDevIotlb(function, pasid, addr, order);
  }

  /** qi_flush_dev_iotlb_pasid: nothing without ATS. */
  void flushDevIotlb(PciFunction function, long pasid, long addr, int order) {
    if (hasAts(function)) {
      unit.flushDeviceTlb(function.source(), (int) pasid, addr, PAGE_SHIFT + order);
    }
  }

  private static boolean hasAts(PciFunction function) {
    return capability(function, PCI_EXT_CAP_ID_ATS) != 0;
  }
}
