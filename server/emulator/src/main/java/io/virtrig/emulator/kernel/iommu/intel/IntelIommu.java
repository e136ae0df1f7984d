package io.virtrig.emulator.kernel.iommu.intel;

import io.virtrig.emulator.event.EventLog;
import io.virtrig.emulator.hardware.Machine;
import io.virtrig.emulator.hardware.iommu.vtd.VtdUnit;
import io.virtrig.emulator.hardware.pci.AssignableInterface;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.ioasid.IoasidSet;
import io.virtrig.emulator.kernel.ioasid.Ioasids;
import io.virtrig.emulator.kernel.iommu.DriverDomain;
import io.virtrig.emulator.kernel.iommu.IommuDriver;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.emulator.spec.UapiProfile;
import io.virtrig.emulator.state.StateWriter;

/** The VT-d driver (drivers/iommu/intel). */
public final class IntelIommu extends IommuDriver {
  private final Machine machine;
  private final UapiProfile uapi;
  private final AuxDomains aux;
  private final IntelSvm svm;

  /** The driver of a host's units. */
  public IntelIommu(
      HostConfiguration configuration,
      Machine machine,
      VtdUnit unit,
      Ioasids ioasids,
      EventLog events) {
    this.machine = machine;
    uapi = configuration.uapi();
    IntelPasid tables = new IntelPasid(unit, machine.iommu(), configuration.spec().getIommu());
    aux =
        new AuxDomains(
            ioasids,
            tables,
            machine.interfaces().stream()
                .filter(part -> part.configuration().iommuBacked())
                .map(AssignableInterface::parent)
                .distinct()
                .toList());
    svm = new IntelSvm(ioasids, tables, aux, uapi, events);
    ioasids.notify(svm);
  }

  @Override
  public DriverDomain newDomain(boolean nested) {
    return new DmarDomain(machine.iommu().newDomain(nested), svm, aux, nested);
  }

  /** Linux 6.1 has none any more. */
  @Override
  public boolean hasAuxiliaryDomains() {
    return uapi != UapiProfile.MAINLINE;
  }

  @Override
  public void unbindAll(PciFunction function, IoasidSet set) {
    svm.unbindAll(function, set);
  }

  @Override
  public void writeState(StateWriter out) {
    out.child("svm", "", svm);
    out.child("aux_domains", "", aux);
  }
}
