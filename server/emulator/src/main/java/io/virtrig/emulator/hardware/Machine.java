package io.virtrig.emulator.hardware;

import io.virtrig.emulator.hardware.css.Subchannel;
import io.virtrig.emulator.hardware.iommu.Iommu;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.hardware.pci.AssignableInterface;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.hardware.psp.SevFirmware;
import io.virtrig.emulator.hardware.vdpa.VdpaDevice;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.List;

/**
 * The hardware of a host.
 *
 * @param memory physical memory
 * @param iommu the IOMMU
 * @param functions PCI functions, in the order of the specification
 * @param interfaces parts of functions that are handed out by themselves, likewise
 * @param vdpaDevices vDPA devices, likewise
 * @param subchannels subchannels, likewise
 * @param sev the secure processor; used on AMD hosts with SEV
 */
public record Machine(
    PhysicalMemory memory,
    Iommu iommu,
    List<PciFunction> functions,
    List<AssignableInterface> interfaces,
    List<VdpaDevice> vdpaDevices,
    List<Subchannel> subchannels,
    SevFirmware sev)
    implements Stateful {

  @Override
  public void writeState(StateWriter out) {
    out.child("memory", "", memory);
    out.child("iommu", "", iommu);
    for (PciFunction function : functions) {
      out.child("function", function.name(), function);
    }
    for (AssignableInterface part : interfaces) {
      out.child("interface", part.name(), part);
    }
    for (VdpaDevice device : vdpaDevices) {
      out.child("vdpa", device.name(), device);
    }
    for (Subchannel subchannel : subchannels) {
      out.child("subchannel", subchannel.name(), subchannel);
    }
    out.child("sev", "", sev);
  }
}
