package io.virtrig.emulator.vmm.intx;

import static io.virtrig.uapi.Vfio.VFIO_TYPE1_IOMMU;
import static io.virtrig.uapi.Vfio.VFIO_TYPE1v2_IOMMU;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.vmm.CallRecord;
import io.virtrig.emulator.vmm.ConfigAccess;
import io.virtrig.emulator.vmm.HostDevices;
import io.virtrig.emulator.vmm.Program;
import io.virtrig.emulator.vmm.VfioContainer;
import io.virtrig.emulator.vmm.VfioDevice;
import io.virtrig.emulator.vmm.VirtualMachine;
import io.virtrig.emulator.vmm.Vmm;
import io.virtrig.v1.GuestConfigWriteRequest;
import io.virtrig.v1.GuestVectorWriteRequest;
import io.virtrig.v1.VmmCall;
import io.virtrig.v1.VmmDevice;
import io.virtrig.v1.VmmStartRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A kvmtool with a VM: one container for all devices, mapped by guest-physical address. */
public final class Kvmtool implements Vmm {
  /** Where memory below 4 GiB ends at the latest. */
  private static final long HOLE = 0xd0000000L;

  private static final long DEFAULT_RAM = 128L << 20;

  private final Program program;
  private final boolean series;
  private final CallRecord calls = new CallRecord();
  private final VirtualMachine vm;
  private final IrqRoutes routes;
  private final TreeMap<Integer, Integer> groups = new TreeMap<>();
  private final List<KvmtoolDevice> devices = new ArrayList<>();
  private @Nullable VfioContainer container;

  private Kvmtool(Program program, VmmStartRequest arg) {
    this.program = program;
    series = arg.getModel().equals("kvmtool-v4");
    vm = new VirtualMachine(program, arg.hasRam() ? arg.getRam() : DEFAULT_RAM, HOLE);
    routes = new IrqRoutes(vm, calls);
  }

  /** Starts it up to the point where the guest would run. */
  public static Kvmtool start(Program program, HostDevices hostDevices, VmmStartRequest arg) {
    if (arg.hasViommu()) {
      throw Refused.invalid("viommu", arg.getModel() + " has no virtual IOMMU");
    }
    Kvmtool kvmtool = new Kvmtool(program, arg);
    try {
      kvmtool.routes.set();
      if (arg.getDevicesCount() > 0) {
        kvmtool.connect(hostDevices, arg.getDevicesList());
      }
    } catch (KernelError | Refused e) {
      kvmtool.close();
      throw e;
    }
    return kvmtool;
  }

  /** vfio__init: the container with every group, then the devices. */
  private void connect(HostDevices hostDevices, List<VmmDevice> wanted) {
    VfioContainer opened = new VfioContainer(program);
    container = opened;
    int type = type(opened);
    for (VmmDevice device : wanted) {
      open(opened, hostDevices.group(device.getHost()));
    }
    opened.setIommu(type);
    opened.map(vm.memory());
    for (VmmDevice device : wanted) {
      int group = open(opened, hostDevices.group(device.getHost()));
      boolean mediated = hostDevices.isMediated(device.getHost());
      setUp(new VfioDevice(program, group, device.getHost(), mediated));
    }
  }

  /** A group's descriptor; devices may share a group. */
  private int open(VfioContainer opened, int number) {
    Integer known = groups.get(number);
    if (known != null) {
      return known;
    }
    int group = VfioContainer.openGroup(program, number);
    groups.put(number, group);
    opened.add(group);
    return group;
  }

  private static int type(VfioContainer opened) {
    if (opened.offers(VFIO_TYPE1v2_IOMMU)) {
      return VFIO_TYPE1v2_IOMMU;
    }
    if (opened.offers(VFIO_TYPE1_IOMMU)) {
      return VFIO_TYPE1_IOMMU;
    }
    throw new KernelError(Errno.ENODEV, "VFIO offers no IOMMU of type 1");
  }

  private void setUp(VfioDevice file) {
    if (!file.isPci()) {
      file.close();
      throw new KernelError(Errno.ENODEV, "\"" + file.name() + "\" is no PCI device");
    }
    // Lines are handed out from the platform's offset on, which a GSI does not count.
    int gsi = devices.size();
    KvmtoolDevice device;
    try {
      device = new KvmtoolDevice(program, vm, routes, calls, file, gsi, series);
    } catch (KernelError | Refused e) {
      file.close();
      throw e;
    }
    devices.add(device);
    device.configureInterrupts();
  }

  /** vfio__exit, then the VM. */
  private void close() {
    devices.forEach(KvmtoolDevice::close);
    groups
        .values()
        .forEach(
            group -> {
              VfioContainer.unset(program, group);
              program.close(group);
            });
    if (container != null) {
      container.close();
    }
    vm.close();
  }

  @Override
  public int vmFd() {
    return vm.fd();
  }

  private KvmtoolDevice device(String name) {
    return devices.stream()
        .filter(device -> device.name().equals(name))
        .findFirst()
        .orElseThrow(() -> Refused.notFound("device", "the guest has no device \"" + name + "\""));
  }

  @Override
  public int configRead(String device, ConfigAccess access) {
    return device(device).read(access);
  }

  @Override
  public void configWrite(String device, ConfigAccess access, int value) {
    device(device).write(access, value);
  }

  @Override
  public void controlWrite(GuestConfigWriteRequest arg) {
    device(arg.getDevice()).write(arg);
  }

  @Override
  public void vectorWrite(GuestVectorWriteRequest arg) {
    device(arg.getDevice()).write(arg);
  }

  @Override
  public int openEventfds() {
    return devices.stream().mapToInt(KvmtoolDevice::openEventfds).sum();
  }

  @Override
  public void stop() {
    close();
  }

  @Override
  public void deviceAdd(VmmDevice device) {
    throw noHotPlug();
  }

  @Override
  public void deviceDel(String device) {
    throw noHotPlug();
  }

  private static Refused noHotPlug() {
    return Refused.invalid("target_fd", "kvmtool has no hot-plug");
  }

  @Override
  public long mmioRead(long offset, int size) {
    throw noViommu();
  }

  @Override
  public void mmioWrite(long offset, int size, long value) {
    throw noViommu();
  }

  private static Refused noViommu() {
    return Refused.invalid("target_fd", "kvmtool has no virtual IOMMU");
  }

  @Override
  public void reset() {
    throw Refused.invalid("target_fd", "kvmtool ends when its guest resets: vmm.stop");
  }

  @Override
  public List<VmmCall> takeCalls() {
    return calls.take();
  }

  @Override
  public void writeState(StateWriter out) {
    out.text("model", series ? "kvmtool-v4" : "kvmtool-before");
    out.child("vm", "", vm);
    out.child("routes", "", routes);
    if (container != null) {
      out.child("container", "", container);
    }
    groups.forEach((number, fd) -> out.number("group_" + number, fd));
    devices.forEach(device -> out.child("device", device.name(), device));
  }
}
