package io.virtrig.emulator.kernel;

import io.virtrig.emulator.event.EventLog;
import io.virtrig.emulator.hardware.Machine;
import io.virtrig.emulator.hardware.iommu.Iommu;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuUnit;
import io.virtrig.emulator.hardware.iommu.vtd.VtdUnit;
import io.virtrig.emulator.kernel.ioasid.Ioasids;
import io.virtrig.emulator.kernel.iommu.DriverDomain;
import io.virtrig.emulator.kernel.iommu.IommuCore;
import io.virtrig.emulator.kernel.iommu.IommuDriver;
import io.virtrig.emulator.kernel.iommu.arm.ArmSmmu;
import io.virtrig.emulator.kernel.iommu.intel.IntelIommu;
import io.virtrig.emulator.spec.HostConfiguration;

/** Finds the driver for a host's IOMMUs. */
final class IommuDrivers {

  private IommuDrivers() {}

  static IommuCore probe(HostConfiguration configuration, Machine machine, EventLog events) {
    Ioasids ioasids = new Ioasids(configuration);
    return new IommuCore(ioasids, driver(configuration, machine, ioasids, events));
  }

  private static IommuDriver driver(
      HostConfiguration configuration, Machine machine, Ioasids ioasids, EventLog events) {
    Iommu iommu = machine.iommu();
    VtdUnit vtd = iommu.vtd();
    SmmuUnit smmu = iommu.smmu();
    if (vtd != null) {
      return new IntelIommu(configuration, machine, vtd, ioasids, events);
    }
    return smmu != null ? new ArmSmmu(configuration, smmu, iommu) : new WithoutNesting(iommu);
  }

  /** A driver whose domains do nothing but translate. */
  private static final class WithoutNesting extends IommuDriver {
    private final Iommu iommu;

    WithoutNesting(Iommu iommu) {
      this.iommu = iommu;
    }

    @Override
    public DriverDomain newDomain(boolean nested) {
      return new DriverDomain(iommu.newDomain(nested));
    }
  }
}
