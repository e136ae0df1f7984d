package io.virtrig.emulator.vmm;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.emulator.spec.UapiProfile;

/** What a VMM finds about devices in the host's sysfs. */
public final class HostDevices {
  private final HostConfiguration configuration;

  HostDevices(HostConfiguration configuration) {
    this.configuration = configuration;
  }

  /** The number of a device's group, by the link {@code iommu_group}. ENOENT. */
  public int group(String device) {
    int group = find(device);
    if (group < 0) {
      throw new KernelError(Errno.ENOENT, "no iommu_group found of \"" + device + "\"");
    }
    return group;
  }

  /** Whose layout the structs of the kernel have. */
  public UapiProfile uapi() {
    return configuration.uapi();
  }

  /** Whether a device is a part of a function. */
  public boolean isMediated(String device) {
    return configuration.mdevs().stream().anyMatch(mdev -> mdev.name().equals(device));
  }

  private int find(String name) {
    for (var device : configuration.devices()) {
      if (device.name().equals(name)) {
        return device.group();
      }
    }
    for (var mdev : configuration.mdevs()) {
      if (mdev.name().equals(name)) {
        return mdev.group();
      }
    }
    throw Refused.notFound("devices", "the host has no device \"" + name + "\"");
  }
}
