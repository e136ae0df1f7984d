package io.virtrig.emulator.kernel.vfio;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.pci.AssignableInterface;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.iommu.DriverDomain;
import io.virtrig.emulator.kernel.iommu.IommuCore;
import io.virtrig.emulator.kernel.process.AddressSpace;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.ArrayList;
import java.util.List;

/**
 * A domain of a container, with the groups that are in it (struct vfio_domain). A container has
 * several only where one cannot take all of its groups.
 */
final class VfioDomain implements Stateful {
  private final IommuCore core;
  private final DriverDomain driver;
  private final List<VfioGroup> groups = new ArrayList<>(1);

  VfioDomain(IommuCore core, boolean nested) {
    this.core = core;
    driver = core.newDomain(nested);
  }

  DriverDomain driver() {
    return driver;
  }

  List<VfioGroup> groups() {
    return groups;
  }

  /** vfio_iommu_attach_group: all of the group's devices, or none. */
  void attach(VfioGroup group) {
    int done = 0;
    try {
      for (PciFunction function : group.functions()) {
        core.attach(driver, function);
        done++;
      }
      for (AssignableInterface part : group.interfaces()) {
        driver.attachAux(part);
        done++;
      }
    } catch (KernelError e) {
      undo(group, done);
      throw e;
    }
    groups.add(group);
  }

  /** vfio_iommu_detach_group. */
  void detach(VfioGroup group) {
    groups.remove(group);
    undo(group, Integer.MAX_VALUE);
  }

  /** The first of the group's devices leave. */
  private void undo(VfioGroup group, int count) {
    int left = count;
    for (PciFunction function : group.functions()) {
      if (left-- > 0) {
        core.detach(driver, function);
      }
    }
    for (AssignableInterface part : group.interfaces()) {
      if (left-- > 0) {
        driver.detachAux(part);
      }
    }
  }

  /** Whether something else of the driver's lies where a run is to be mapped. */
  boolean overlaps(long iova, long size) {
    return driver.tables().overlaps(iova, iova + size - 1);
  }

  /** vfio_iommu_map. */
  void map(VfioDma dma) {
    long at = dma.start();
    for (AddressSpace.Run run : dma.pinned()) {
      driver.map(at, run.length(), run.address(), dma.read(), dma.write());
      at += run.length();
    }
  }

  /** vfio_unmap_unpin: by physically contiguous runs, ascending. */
  void unmap(VfioDma dma) {
    long at = dma.start();
    for (AddressSpace.Run run : dma.pinned()) {
      driver.unmap(at, run.length());
      at += run.length();
    }
  }

  @Override
  public void writeState(StateWriter out) {
    driver.writeState(out);
  }
}
