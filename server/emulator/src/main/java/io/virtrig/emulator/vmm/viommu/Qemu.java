package io.virtrig.emulator.vmm.viommu;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.event.EventLog;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.vmm.CallRecord;
import io.virtrig.emulator.vmm.ConfigAccess;
import io.virtrig.emulator.vmm.HostDevices;
import io.virtrig.emulator.vmm.Program;
import io.virtrig.emulator.vmm.VirtualMachine;
import io.virtrig.emulator.vmm.Vmm;
import io.virtrig.emulator.vmm.vfio.Aborted;
import io.virtrig.emulator.vmm.vfio.KvmInterrupts;
import io.virtrig.emulator.vmm.vfio.VfioPciDevice;
import io.virtrig.v1.EventKind;
import io.virtrig.v1.GuestConfigWriteRequest;
import io.virtrig.v1.GuestReadRequest;
import io.virtrig.v1.GuestVectorWriteRequest;
import io.virtrig.v1.GuestWriteRequest;
import io.virtrig.v1.VmmCall;
import io.virtrig.v1.VmmDevice;
import io.virtrig.v1.VmmStartRequest;
import io.virtrig.wire.Operations;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A QEMU with a VM that has a virtual IOMMU. */
public final class Qemu implements Vmm {
  /** Where the unit's registers are in guest-physical memory. */
  private static final long VIOMMU = 0xfed90000L;

  /** Where memory below 4 GiB ends at the latest. */
  private static final long HOLE = 0xb0000000L;

  private static final long DEFAULT_RAM = 128L << 20;
  private static final String LEAVES = "KVM_EXIT_MMIO";

  private final Program program;
  private final HostDevices hostDevices;
  private final EventLog events;
  private final Revision revision;
  private final ViommuOptions options;
  private final VirtualMachine vm;
  private final KvmInterrupts interrupts;
  private final Viommu viommu;
  private final CallRecord calls = new CallRecord();
  private final List<AssignedDevice> devices = new ArrayList<>();
  private boolean waitAborts;

  private Qemu(
      Program program,
      HostDevices hostDevices,
      EventLog events,
      ViommuOptions options,
      VmmStartRequest arg) {
    this.program = program;
    this.hostDevices = hostDevices;
    this.events = events;
    this.options = options;
    revision = arg.getModel().endsWith("v7") ? Revision.RFC_V7 : Revision.RFC_V9;
    vm = new VirtualMachine(program, arg.hasRam() ? arg.getRam() : DEFAULT_RAM, HOLE);
    interrupts = start(program, vm);
    viommu = new Viommu(options, vm.memory(), new Board());
  }

  private static KvmInterrupts start(Program program, VirtualMachine vm) {
    try {
      return new KvmInterrupts(program, vm);
    } catch (Aborted e) {
      program.exit();
      throw KernelError.invalid("the VMM aborts: " + e.why());
    } catch (KernelError | Refused e) {
      vm.close();
      throw e;
    }
  }

  /** Starts it up to the point where the guest would run. */
  public static Qemu start(
      Program program, HostDevices hostDevices, EventLog events, VmmStartRequest arg) {
    ViommuOptions options = ViommuOptions.of(arg.getViommu());
    Qemu qemu = new Qemu(program, hostDevices, events, options, arg);
    try {
      for (VmmDevice device : arg.getDevicesList()) {
        qemu.realize(device);
      }
      if (!qemu.devices.isEmpty()) {
        qemu.checkCachingMode();
      }
      qemu.viommu.machineDone();
    } catch (KernelError | Refused e) {
      qemu.devices.reversed().forEach(AssignedDevice::close);
      qemu.vm.close();
      throw e;
    }
    return qemu;
  }

  private void checkCachingMode() {
    if (!options.cachingMode()) {
      throw KernelError.invalid(
          "caching-mode is off: without it the unit does not see what a guest maps for a device");
    }
  }

  private void realize(VmmDevice wanted) {
    int source = source(wanted.getGuestBdf());
    for (AssignedDevice other : devices) {
      if (other.source() == source) {
        throw KernelError.invalid(
            wanted.getGuestBdf() + " is in use by \"" + other.host() + "\" already");
      }
    }
    int group = hostDevices.group(wanted.getHost());
    boolean mediated = hostDevices.isMediated(wanted.getHost());
    boolean findsInfo = revision.finds(hostDevices.uapi());
    AssignedDevice device =
        new AssignedDevice(program, vm, wanted.getHost(), mediated, findsInfo, source);
    device.realize(group, viommu, options.modern(), revision, calls, interrupts);
    devices.add(device);
  }

  /** Bus, device and function, as {@code bb:dd.f}. */
  private static int source(String bdf) {
    if (bdf.length() != 7 || bdf.charAt(2) != ':' || bdf.charAt(5) != '.') {
      throw notAnAddress(bdf);
    }
    int bus = hex(bdf, 0) << 4 | hex(bdf, 1);
    int device = hex(bdf, 3) << 4 | hex(bdf, 4);
    int function = hex(bdf, 6);
    if (device > 31 || function > 7) {
      throw notAnAddress(bdf);
    }
    return bus << 8 | device << 3 | function;
  }

  private static int hex(String bdf, int at) {
    int digit = Character.digit(bdf.charAt(at), 16);
    if (digit < 0) {
      throw notAnAddress(bdf);
    }
    return digit;
  }

  private static Refused notAnAddress(String bdf) {
    return Refused.invalid("guest_bdf", "\"" + bdf + "\" is no address like \"00:02.0\"");
  }

  @Override
  public int vmFd() {
    return vm.fd();
  }

  @Override
  public void deviceAdd(VmmDevice device) {
    checkCachingMode();
    realize(device);
  }

  /** The virtual IOMMU lets go of the device's context without unbinding anything. */
  @Override
  public void deviceDel(String host) {
    AssignedDevice device =
        find(host)
            .orElseThrow(
                () -> new KernelError(Errno.ENODEV, "the guest has no device \"" + host + "\""));
    viommu.detach(device.source());
    device.close();
    devices.remove(device);
  }

  private Optional<AssignedDevice> find(String host) {
    return devices.stream().filter(device -> device.host().equals(host)).findFirst();
  }

  /** The vCPU leaves to the VMM, which is what an access to a device without memory does. */
  @Override
  public long mmioRead(long offset, int size) {
    String exit =
        program
            .run(
                Operations.of(
                    GuestReadRequest.newBuilder()
                        .setPid(program.pid())
                        .setTargetFd(vm.fd())
                        .setGpa(VIOMMU + inPage(offset))
                        .setLength(size)))
            .getGuestRead()
            .getExit();
    checkLeft(exit);
    return viommu.read(offset, size);
  }

  @Override
  public void mmioWrite(long offset, int size, long value) {
    byte[] bytes = new byte[Long.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
    String exit =
        program
            .run(
                Operations.of(
                    GuestWriteRequest.newBuilder()
                        .setPid(program.pid())
                        .setTargetFd(vm.fd())
                        .setGpa(VIOMMU + inPage(offset))
                        .setBytes(ByteString.copyFrom(bytes, 0, size))))
            .getGuestWrite()
            .getExit();
    checkLeft(exit);
    viommu.write(offset, size, value);
    if (waitAborts) {
      die("a wait descriptor asks for a status write and an interrupt");
    }
  }

  /** An offset outside of the unit's page is answered as one without a register in it. */
  private static long inPage(long offset) {
    return offset & 0xfff;
  }

  private static void checkLeft(String exit) {
    if (!exit.equals(LEAVES)) {
      throw Refused.invalid(
          "target_fd",
          "the access does not reach the VMM: exit \""
              + exit
              + "\"; the VM's fd is closed, or memory lies over the unit's registers");
    }
  }

  private void die(String why) {
    events.record(EventKind.EVENT_KIND_VMM, "pid " + program.pid(), "the VMM aborts: " + why);
    program.exit();
  }

  @Override
  public void reset() {
    devices.forEach(AssignedDevice::reset);
    viommu.reset();
  }

  /** The process ends; the kernel takes everything down. */
  @Override
  public void stop() {
    program.exit();
  }

  @Override
  public int openEventfds() {
    return devices.stream().mapToInt(AssignedDevice::openEventfds).sum();
  }

  private VfioPciDevice device(String host) {
    return find(host)
        .orElseThrow(() -> Refused.notFound("device", "the guest has no device \"" + host + "\""))
        .pci();
  }

  @Override
  public int configRead(String device, ConfigAccess access) {
    VfioPciDevice read = device(device);
    int[] value = new int[1];
    interrupting(() -> value[0] = read.read(access));
    return value[0];
  }

  @Override
  public void configWrite(String device, ConfigAccess access, int value) {
    VfioPciDevice written = device(device);
    interrupting(() -> written.write(access, value));
  }

  @Override
  public void controlWrite(GuestConfigWriteRequest arg) {
    VfioPciDevice written = device(arg.getDevice());
    interrupting(() -> written.write(arg));
  }

  @Override
  public void vectorWrite(GuestVectorWriteRequest arg) {
    VfioPciDevice written = device(arg.getDevice());
    interrupting(() -> written.write(arg));
  }

  /** Lists what a guest's act on interrupts has asked of the kernel. */
  private void interrupting(Runnable act) {
    var _ = interrupts.calls().take();
    try {
      act.run();
    } catch (Aborted e) {
      die(e.why());
    }
    calls.addAll(interrupts.calls());
  }

  @Override
  public List<VmmCall> takeCalls() {
    return calls.take();
  }

  /** The machine around the unit. */
  private final class Board implements Viommu.Machine {
    @Override
    public void message(long address, int data) {
      vm.message(address, data);
    }

    @Override
    public void abort() {
      waitAborts = true;
    }

    @Override
    public boolean hasDevice(int source) {
      return devices.stream().anyMatch(device -> device.source() == source);
    }
  }

  @Override
  public void writeState(StateWriter out) {
    out.text("model", "qemu " + revision);
    out.child("vm", "", vm);
    out.child("interrupts", "", interrupts);
    devices.forEach(device -> out.child("device", device.host(), device));
    out.child("viommu", "", viommu);
  }
}
