package io.virtrig.emulator.kernel.iommu;

import io.virtrig.emulator.hardware.pci.AssignableInterface;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.ioasid.IoasidSet;
import io.virtrig.emulator.kernel.ioasid.Ioasids;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The IOMMU core of a host's kernel (drivers/iommu/iommu.c): which domain each function is in, and
 * the driver that makes domains.
 */
public final class IommuCore implements Stateful {
  private final Ioasids ioasids;
  private final IommuDriver driver;
  private final Map<PciFunction, DriverDomain> domains = new HashMap<>();

  /** No function is in a domain. */
  public IommuCore(Ioasids ioasids, IommuDriver driver) {
    this.ioasids = ioasids;
    this.driver = driver;
  }

  /** The host's PASID numbers. */
  public Ioasids ioasids() {
    return ioasids;
  }

  /** iommu_domain_alloc. */
  public DriverDomain newDomain(boolean nested) {
    return driver.newDomain(nested);
  }

  /** iommu_attach_device. */
  public void attach(DriverDomain domain, PciFunction function) {
    domain.attach(function);
    domains.put(function, domain);
  }

  /** iommu_detach_device. */
  public void detach(DriverDomain domain, PciFunction function) {
    domains.remove(function);
    domain.detach(function);
  }

  /** iommu_dma_prepare_msi: the function is told where to send its messages. */
  public void prepareMessages(PciFunction function) {
    DriverDomain domain = domains.get(function);
    if (domain != null) {
      function.messageAddress(domain.messageAddress(function));
    }
  }

  /** Whether an auxiliary domain can serve a part of a function. */
  public boolean backs(AssignableInterface part) {
    return part.configuration().iommuBacked() && driver.hasAuxiliaryDomains();
  }

  /** Every PASID of a set is unbound from a function. */
  public void unbindAll(PciFunction function, IoasidSet set) {
    driver.unbindAll(function, set);
  }

  /** iommu_register_device_fault_handler, or with null iommu_unregister_device_fault_handler. */
  public void faultHandler(PciFunction function, @Nullable FaultHandler handler) {
    driver.faultHandler(function, handler);
  }

  @Override
  public void writeState(StateWriter out) {
    out.child("ioasids", "", ioasids);
    out.child("driver", "", driver);
  }
}
