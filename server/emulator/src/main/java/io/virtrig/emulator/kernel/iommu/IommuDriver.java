package io.virtrig.emulator.kernel.iommu;

import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.ioasid.IoasidSet;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import org.jspecify.annotations.Nullable;

/** What the driver of a host's IOMMUs does beyond its domains; this one has nothing of it. */
public class IommuDriver implements Stateful {

  /** A new, empty domain. */
  public DriverDomain newDomain(boolean nested) {
    throw new IllegalStateException("a host without an IOMMU has no domains");
  }

  /** IOMMU_DEV_FEAT_AUX. */
  public boolean hasAuxiliaryDomains() {
    return false;
  }

  /** Every PASID of a set is unbound from a function. */
  public void unbindAll(PciFunction function, IoasidSet set) {}

  /** Who takes a function's faults; null: nobody. */
  public void faultHandler(PciFunction function, @Nullable FaultHandler handler) {}

  @Override
  public void writeState(StateWriter out) {}
}
