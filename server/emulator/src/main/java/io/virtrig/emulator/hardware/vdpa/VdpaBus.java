package io.virtrig.emulator.hardware.vdpa;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.emulator.spec.VdpaConfiguration;
import java.util.ArrayList;
import java.util.List;

/** The vDPA devices of a host, with the links between them. */
public final class VdpaBus {
  private final List<VdpaDevice> devices = new ArrayList<>();

  /** The devices of a host's specification, in its order. */
  public VdpaBus(HostConfiguration host, PhysicalMemory memory) {
    KickQueue kicks = new KickQueue();
    for (VdpaConfiguration device : host.vdpaDevices()) {
      devices.add(new VdpaDevice(device, memory, kicks, devices.size()));
    }
    for (VdpaConfiguration device : host.vdpaDevices()) {
      if (!device.peer().isEmpty()) {
        net(device.name()).connect(net(device.peer()));
      }
    }
  }

  private VirtioNet net(String name) {
    for (VdpaDevice device : devices) {
      if (device.name().equals(name) && device.backend() instanceof VirtioNet net) {
        return net;
      }
    }
    throw Refused.invalid("spec.devices", "there is no vDPA network device \"" + name + "\"");
  }

  /** They. */
  public List<VdpaDevice> devices() {
    return devices;
  }
}
