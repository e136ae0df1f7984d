package io.virtrig.emulator.kernel.vfio.pci;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.kernel.vfio.Argsz;
import io.virtrig.emulator.kernel.vfio.VfioGroup;
import io.virtrig.emulator.kernel.vfio.VfioGroupFile;
import io.virtrig.emulator.spec.Bdf;
import io.virtrig.emulator.spec.DeviceConfiguration.Driver;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioDeviceGetPciHotResetInfoRequest;
import io.virtrig.v1.VfioDeviceGetPciHotResetInfoResponse;
import io.virtrig.v1.VfioDevicePciHotResetRequest;
import io.virtrig.v1.VfioDevicePciHotResetResponse;
import io.virtrig.v1.VfioPciDependentDevice;
import io.virtrig.wire.Results;
import java.util.ArrayList;
import java.util.List;

/** Resets of a whole bus (vfio_pci_ioctl_get_pci_hot_reset_info, vfio_pci_ioctl_pci_hot_reset). */
final class HotReset {
  /** Both structs up to {@code count}. */
  private static final int HEADER_SIZE = 12;

  /** sizeof(struct vfio_pci_dependent_device). */
  private static final int DEPENDENT_SIZE = 8;

  /** Bytes of a group's fd. */
  private static final int FD_SIZE = 4;

  private HotReset() {}

  private static List<PciFunction> affected(PciFunction function) {
    if (!function.bus().resettable(function)) {
      throw new KernelError(Errno.ENODEV, "the device is on a root bus, which cannot be reset");
    }
    return function.bus().sharingBus(function);
  }

  static Result info(PciFunction function, VfioDeviceGetPciHotResetInfoRequest arg) {
    int argsz = arg.hasArgsz() ? arg.getArgsz() : HEADER_SIZE;
    Argsz.check(argsz, HEADER_SIZE);
    List<PciFunction> affected = affected(function);
    VfioDeviceGetPciHotResetInfoResponse.Builder out =
        VfioDeviceGetPciHotResetInfoResponse.newBuilder().setArgsz(argsz).setCount(affected.size());
    int needed = HEADER_SIZE + DEPENDENT_SIZE * affected.size();
    if (Integer.compareUnsigned(argsz, needed) < 0) {
      throw new KernelError(
          Errno.ENOSPC,
          "argsz " + argsz + " has no room for " + affected.size() + " functions",
          out.build());
    }
    for (PciFunction other : affected) {
      Bdf bdf = other.configuration().bdf();
      out.addDevices(
          VfioPciDependentDevice.newBuilder()
              .setGroupId(other.configuration().group())
              .setSegment(bdf.domain())
              .setBus(bdf.bus())
              .setDevfn(bdf.devfn()));
    }
    return Results.of(out);
  }

  static Result reset(Task caller, PciFunction function, VfioDevicePciHotResetRequest arg) {
    int count = arg.hasCount() ? arg.getCount() : arg.getGroupFdsCount();
    int argsz = arg.hasArgsz() ? arg.getArgsz() : HEADER_SIZE + FD_SIZE * arg.getGroupFdsCount();
    Argsz.check(argsz, HEADER_SIZE);
    if (arg.getFlags() != 0) {
      throw KernelError.invalid("flags 0x" + Integer.toHexString(arg.getFlags()) + " is not 0");
    }
    List<PciFunction> affected = affected(function);
    if (count == 0 || Integer.compareUnsigned(count, affected.size()) > 0) {
      throw KernelError.invalid(
          "count "
              + Integer.toUnsignedString(count)
              + " is not from 1 to the "
              + affected.size()
              + " functions affected");
    }
    if (count > arg.getGroupFdsCount()) {
      throw KernelError.fault("only " + arg.getGroupFdsCount() + " group fds are there");
    }
    List<VfioGroup> groups = new ArrayList<>();
    for (int fd : arg.getGroupFdsList().subList(0, count)) {
      OpenFile file = caller.files().file(fd);
      if (!(file instanceof VfioGroupFile group)) {
        throw KernelError.invalid("fd " + fd + " is no VFIO group");
      }
      groups.add(group.group());
    }
    for (PciFunction other : affected) {
      if (other.configuration().driver() != Driver.VFIO_PCI) {
        throw KernelError.invalid(other.name() + " is not bound to vfio-pci");
      }
    }
    for (PciFunction other : affected) {
      if (groups.stream().noneMatch(group -> group.functions().contains(other))) {
        throw KernelError.invalid("the group of " + other.name() + " is not among the fds");
      }
    }
    affected.forEach(PciFunction::reset);
    return Results.of(VfioDevicePciHotResetResponse.getDefaultInstance());
  }
}
