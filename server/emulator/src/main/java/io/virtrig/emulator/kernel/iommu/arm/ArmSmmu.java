package io.virtrig.emulator.kernel.iommu.arm;

import io.virtrig.emulator.hardware.iommu.FaultListener;
import io.virtrig.emulator.hardware.iommu.Iommu;
import io.virtrig.emulator.hardware.iommu.IommuDomain;
import io.virtrig.emulator.hardware.iommu.RecordedFault;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuUnit;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.iommu.DriverDomain;
import io.virtrig.emulator.kernel.iommu.FaultHandler;
import io.virtrig.emulator.kernel.iommu.IommuDriver;
import io.virtrig.emulator.kernel.iommu.UnrecoverableFault;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.emulator.spec.UapiProfile;
import org.jspecify.annotations.Nullable;

/** The SMMUv3 driver: stream table entries and invalidations (arm-smmu-v3.c). */
public final class ArmSmmu extends IommuDriver {
  /** The low 16 bits of a PASID field are the ASID. */
  private static final int ASID_MASK = 0xffff;

  private final SmmuUnit unit;
  private final Iommu iommu;
  private final boolean series;
  private final boolean bothStages;

  /** The driver of a host's units. */
  public ArmSmmu(HostConfiguration configuration, SmmuUnit unit, Iommu iommu) {
    this.unit = unit;
    this.iommu = iommu;
    series = configuration.uapi() == UapiProfile.SMMU_NESTED_V7;
    bothStages = configuration.spec().getIommu().getNesting();
  }

  @Override
  public DriverDomain newDomain(boolean nested) {
    return new ArmSmmuDomain(
        iommu.newDomain(nested), this, series, nested && (bothStages || !series));
  }

  /** The guest's stage 1, with its one context descriptor. */
  void translate(PciFunction function, long contextDescriptor) {
    unit.translateStage1(function.source(), new SmmuUnit.Contexts(contextDescriptor, 0, 0, 0));
  }

  /** Stage 2 only. */
  void bypass(PciFunction function) {
    unit.bypassStage1(function.source());
  }

  /** Every transaction is aborted. */
  void abort(PciFunction function) {
    unit.abort(function.source());
  }

  /** TLBI_NH_ASID with the domain's VMID. */
  void invalidateAsid(IommuDomain domain, long asid) {
    unit.invalidateAsid(domain, (int) asid & ASID_MASK);
  }

  /** TLBI_NH_VA of each granule, with the domain's VMID. */
  void invalidateRange(IommuDomain domain, long asid, long addr, long size, boolean leaf) {
    unit.invalidateAddresses(domain, (int) asid & ASID_MASK, addr, addr + size - 1, leaf);
  }

  private record Reports(FaultHandler handler) implements FaultListener {
    @Override
    public void fault(RecordedFault recorded) {
      UnrecoverableFault fault = EventReport.of(recorded);
      if (fault != null) {
        handler.fault(fault);
      }
    }
  }

  /** arm_smmu_report_event of the series: what the guest's stage is to be told. */
  @Override
  public void faultHandler(PciFunction function, @Nullable FaultHandler handler) {
    unit.faultListener(
        function.source(), handler == null ? FaultListener.NONE : new Reports(handler));
  }
}
