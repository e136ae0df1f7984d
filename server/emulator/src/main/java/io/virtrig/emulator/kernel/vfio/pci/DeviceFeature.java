package io.virtrig.emulator.kernel.vfio.pci;

import static io.virtrig.uapi.Vfio.*;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.kernel.vfio.Argsz;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioDeviceFeatureRequest;
import io.virtrig.v1.VfioDeviceFeatureResponse;
import io.virtrig.wire.Results;

/** VFIO_DEVICE_FEATURE (vfio_ioctl_device_feature, vfio_pci_core_ioctl_feature). */
final class DeviceFeature {
  /** sizeof(struct vfio_device_feature) without the data. */
  private static final int HEADER_SIZE = 8;

  private static final int OPERATIONS = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET;

  private DeviceFeature() {}

  static Result ioctl(VfioDeviceFeatureRequest arg) {
    int argsz = arg.hasArgsz() ? arg.getArgsz() : HEADER_SIZE + arg.getData().size();
    int flags = arg.getFlags();
    int known = VFIO_DEVICE_FEATURE_MASK | OPERATIONS | VFIO_DEVICE_FEATURE_PROBE;
    boolean probe = (flags & VFIO_DEVICE_FEATURE_PROBE) != 0;
    Argsz.check(argsz, HEADER_SIZE);
    if ((flags & ~known) != 0) {
      throw KernelError.invalid("unknown flags 0x" + Integer.toHexString(flags & ~known));
    }
    if (!probe && (flags & OPERATIONS) == OPERATIONS) {
      throw KernelError.invalid("SET and GET exclude each other without PROBE");
    }
    int feature = flags & VFIO_DEVICE_FEATURE_MASK;
    switch (feature) {
      case VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY,
          VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP,
          VFIO_DEVICE_FEATURE_LOW_POWER_EXIT -> {
        if ((flags & VFIO_DEVICE_FEATURE_GET) != 0) {
          throw KernelError.invalid("the feature can be set only");
        }
        if (!probe && (flags & VFIO_DEVICE_FEATURE_SET) == 0) {
          throw KernelError.invalid("none of PROBE, SET and GET is set");
        }
        if (!probe) {
          throw Refused.unimplemented("flags", "low power entry and exit are not simulated yet");
        }
      }
      default -> throw new KernelError(Errno.ENOTTY, "the device has no feature " + feature);
    }
    return Results.of(VfioDeviceFeatureResponse.newBuilder().setArgsz(argsz).setFlags(flags));
  }
}
