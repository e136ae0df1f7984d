package io.virtrig.emulator;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.event.EventLog;
import io.virtrig.emulator.hardware.Machine;
import io.virtrig.emulator.hardware.iommu.Iommu;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.hardware.pci.DeviceModels;
import io.virtrig.emulator.hardware.pci.PciBus;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.eventfd.EventFdFile;
import io.virtrig.emulator.kernel.irqbypass.IrqBypassManager;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.emulator.state.StateHash;
import io.virtrig.emulator.state.StateTree;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.CloseRequest;
import io.virtrig.v1.CloseResponse;
import io.virtrig.v1.DmaFault;
import io.virtrig.v1.EventKind;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.EventfdResponse;
import io.virtrig.v1.ExitResponse;
import io.virtrig.v1.HostIrqbypassResponse;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.HwDmaReadRequest;
import io.virtrig.v1.HwDmaReadResponse;
import io.virtrig.v1.HwDmaWriteRequest;
import io.virtrig.v1.HwDmaWriteResponse;
import io.virtrig.v1.LoadRequest;
import io.virtrig.v1.LoadResponse;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.MmapResponse;
import io.virtrig.v1.MunmapRequest;
import io.virtrig.v1.MunmapResponse;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.OpenResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.PreadRequest;
import io.virtrig.v1.PreadResponse;
import io.virtrig.v1.ProcessRequest;
import io.virtrig.v1.ProcessResponse;
import io.virtrig.v1.PwriteRequest;
import io.virtrig.v1.PwriteResponse;
import io.virtrig.v1.ReadRequest;
import io.virtrig.v1.Result;
import io.virtrig.v1.StateNode;
import io.virtrig.v1.StoreRequest;
import io.virtrig.v1.StoreResponse;
import io.virtrig.v1.WriteRequest;
import io.virtrig.v1.WriteResponse;
import java.util.List;
import java.util.TreeMap;

/**
 * A simulated host: a deterministic state machine. Operations go in by {@link #apply}, one at a
 * time; results and events come out. The same operations in the same order give the same results,
 * identities and state hash, on every machine.
 *
 * <p>Not safe for use by several threads: whoever executes on a host holds its lock.
 */
public final class Host implements Stateful {
  /** Processes a host may have: a limit of the simulator. */
  private static final int MOST_PROCESSES = 32768;

  private final Kernel kernel;
  private final Devices devices;
  private final TreeMap<Integer, Task> processes = new TreeMap<>();
  private int lastPid;
  private long operations;

  /** A host whose devices name no models. */
  public Host(HostSpec spec) {
    this(spec, DeviceModels.NONE);
  }

  /**
   * A host with one process, number 1.
   *
   * @param models what the devices of the specification may name as their model
   * @throws Refused when the specification makes no sense or asks for what is not simulated
   */
  public Host(HostSpec spec, DeviceModels models) {
    HostConfiguration configuration = HostConfiguration.of(spec);
    PhysicalMemory memory = new PhysicalMemory();
    List<PciFunction> functions = new PciBus(configuration, models, memory).functions();
    Machine machine = new Machine(memory, new Iommu(configuration), functions);
    kernel = new Kernel(configuration, machine);
    devices = new Devices(kernel);
    process(ProcessRequest.getDefaultInstance());
  }

  /** Executes an operation. Never throws for anything a request may hold. */
  public Result apply(Operation operation) {
    kernel.events().operation(++operations);
    try {
      return execute(operation);
    } catch (KernelError e) {
      return Refusals.result(operation, e);
    } catch (Refused e) {
      return Refusals.result(operation, e);
    }
  }

  private Result execute(Operation op) {
    return switch (op.getOpCase()) {
      case PROCESS -> process(op.getProcess());
      case EXIT -> exit(op.getExit().getPid());
      case OPEN -> open(op.getOpen());
      case CLOSE -> close(op.getClose());
      case EVENTFD -> eventfd(op.getEventfd());
      case READ -> read(op.getRead());
      case WRITE -> write(op.getWrite());
      case MMAP -> mmap(op.getMmap());
      case MUNMAP -> munmap(op.getMunmap());
      case STORE -> store(op.getStore());
      case LOAD -> load(op.getLoad());
      case PREAD -> pread(op.getPread());
      case PWRITE -> pwrite(op.getPwrite());

      case HW_DMA_READ -> dmaRead(op.getHwDmaRead());
      case HW_DMA_WRITE -> dmaWrite(op.getHwDmaWrite());
      case HW_RAISE_IRQ ->
          DeviceActs.raiseIrq(function(op.getHwRaiseIrq().getDevice()), op.getHwRaiseIrq());
      case HW_LOWER_IRQ ->
          DeviceActs.lowerIrq(function(op.getHwLowerIrq().getDevice()), op.getHwLowerIrq());
      case HW_FAIL -> DeviceActs.fail(function(op.getHwFail().getDevice()), op.getHwFail());

      case HOST_IRQBYPASS -> irqBypass();

      case GUEST_READ -> ioctl(op, op.getGuestRead().getPid(), op.getGuestRead().getTargetFd());
      case GUEST_WRITE -> ioctl(op, op.getGuestWrite().getPid(), op.getGuestWrite().getTargetFd());
      case GUEST_IRQS -> ioctl(op, op.getGuestIrqs().getPid(), op.getGuestIrqs().getTargetFd());

      case VFIO_GET_API_VERSION ->
          ioctl(op, op.getVfioGetApiVersion().getPid(), op.getVfioGetApiVersion().getTargetFd());
      case VFIO_CHECK_EXTENSION ->
          ioctl(op, op.getVfioCheckExtension().getPid(), op.getVfioCheckExtension().getTargetFd());
      case VFIO_SET_IOMMU ->
          ioctl(op, op.getVfioSetIommu().getPid(), op.getVfioSetIommu().getTargetFd());
      case VFIO_GROUP_GET_STATUS ->
          ioctl(op, op.getVfioGroupGetStatus().getPid(), op.getVfioGroupGetStatus().getTargetFd());
      case VFIO_GROUP_SET_CONTAINER ->
          ioctl(
              op,
              op.getVfioGroupSetContainer().getPid(),
              op.getVfioGroupSetContainer().getTargetFd());
      case VFIO_GROUP_UNSET_CONTAINER ->
          ioctl(
              op,
              op.getVfioGroupUnsetContainer().getPid(),
              op.getVfioGroupUnsetContainer().getTargetFd());
      case VFIO_GROUP_GET_DEVICE_FD ->
          ioctl(
              op,
              op.getVfioGroupGetDeviceFd().getPid(),
              op.getVfioGroupGetDeviceFd().getTargetFd());
      case VFIO_DEVICE_GET_INFO ->
          ioctl(op, op.getVfioDeviceGetInfo().getPid(), op.getVfioDeviceGetInfo().getTargetFd());
      case VFIO_DEVICE_GET_REGION_INFO ->
          ioctl(
              op,
              op.getVfioDeviceGetRegionInfo().getPid(),
              op.getVfioDeviceGetRegionInfo().getTargetFd());
      case VFIO_DEVICE_GET_IRQ_INFO ->
          ioctl(
              op,
              op.getVfioDeviceGetIrqInfo().getPid(),
              op.getVfioDeviceGetIrqInfo().getTargetFd());
      case VFIO_DEVICE_SET_IRQS ->
          ioctl(op, op.getVfioDeviceSetIrqs().getPid(), op.getVfioDeviceSetIrqs().getTargetFd());
      case VFIO_DEVICE_RESET ->
          ioctl(op, op.getVfioDeviceReset().getPid(), op.getVfioDeviceReset().getTargetFd());
      case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO ->
          ioctl(
              op,
              op.getVfioDeviceGetPciHotResetInfo().getPid(),
              op.getVfioDeviceGetPciHotResetInfo().getTargetFd());
      case VFIO_DEVICE_PCI_HOT_RESET ->
          ioctl(
              op,
              op.getVfioDevicePciHotReset().getPid(),
              op.getVfioDevicePciHotReset().getTargetFd());
      case VFIO_DEVICE_FEATURE ->
          ioctl(op, op.getVfioDeviceFeature().getPid(), op.getVfioDeviceFeature().getTargetFd());
      case VFIO_IOMMU_GET_INFO ->
          ioctl(op, op.getVfioIommuGetInfo().getPid(), op.getVfioIommuGetInfo().getTargetFd());
      case VFIO_IOMMU_MAP_DMA ->
          ioctl(op, op.getVfioIommuMapDma().getPid(), op.getVfioIommuMapDma().getTargetFd());
      case VFIO_IOMMU_UNMAP_DMA ->
          ioctl(op, op.getVfioIommuUnmapDma().getPid(), op.getVfioIommuUnmapDma().getTargetFd());
      case VFIO_IOMMU_ENABLE ->
          ioctl(op, op.getVfioIommuEnable().getPid(), op.getVfioIommuEnable().getTargetFd());
      case VFIO_IOMMU_DISABLE ->
          ioctl(op, op.getVfioIommuDisable().getPid(), op.getVfioIommuDisable().getTargetFd());
      case VFIO_IOMMU_DIRTY_PAGES ->
          ioctl(
              op, op.getVfioIommuDirtyPages().getPid(), op.getVfioIommuDirtyPages().getTargetFd());
      case VFIO_IOMMU_PASID_REQUEST ->
          ioctl(
              op,
              op.getVfioIommuPasidRequest().getPid(),
              op.getVfioIommuPasidRequest().getTargetFd());
      case VHOST_SET_OWNER ->
          ioctl(op, op.getVhostSetOwner().getPid(), op.getVhostSetOwner().getTargetFd());
      case KVM_GET_API_VERSION ->
          ioctl(op, op.getKvmGetApiVersion().getPid(), op.getKvmGetApiVersion().getTargetFd());
      case KVM_CREATE_VM ->
          ioctl(op, op.getKvmCreateVm().getPid(), op.getKvmCreateVm().getTargetFd());
      case KVM_CHECK_EXTENSION ->
          ioctl(op, op.getKvmCheckExtension().getPid(), op.getKvmCheckExtension().getTargetFd());
      case KVM_GET_VCPU_MMAP_SIZE ->
          ioctl(op, op.getKvmGetVcpuMmapSize().getPid(), op.getKvmGetVcpuMmapSize().getTargetFd());
      case KVM_CREATE_VCPU ->
          ioctl(op, op.getKvmCreateVcpu().getPid(), op.getKvmCreateVcpu().getTargetFd());
      case KVM_SET_BOOT_CPU_ID ->
          ioctl(op, op.getKvmSetBootCpuId().getPid(), op.getKvmSetBootCpuId().getTargetFd());
      case KVM_CREATE_IRQCHIP ->
          ioctl(op, op.getKvmCreateIrqchip().getPid(), op.getKvmCreateIrqchip().getTargetFd());
      case KVM_ENABLE_CAP ->
          ioctl(op, op.getKvmEnableCap().getPid(), op.getKvmEnableCap().getTargetFd());
      case KVM_SET_USER_MEMORY_REGION ->
          ioctl(
              op,
              op.getKvmSetUserMemoryRegion().getPid(),
              op.getKvmSetUserMemoryRegion().getTargetFd());
      case KVM_GET_DIRTY_LOG ->
          ioctl(op, op.getKvmGetDirtyLog().getPid(), op.getKvmGetDirtyLog().getTargetFd());
      case KVM_CLEAR_DIRTY_LOG ->
          ioctl(op, op.getKvmClearDirtyLog().getPid(), op.getKvmClearDirtyLog().getTargetFd());
      case KVM_IRQFD -> ioctl(op, op.getKvmIrqfd().getPid(), op.getKvmIrqfd().getTargetFd());
      case KVM_IOEVENTFD ->
          ioctl(op, op.getKvmIoeventfd().getPid(), op.getKvmIoeventfd().getTargetFd());
      case KVM_SET_GSI_ROUTING ->
          ioctl(op, op.getKvmSetGsiRouting().getPid(), op.getKvmSetGsiRouting().getTargetFd());
      case KVM_IRQ_LINE -> ioctl(op, op.getKvmIrqLine().getPid(), op.getKvmIrqLine().getTargetFd());
      case KVM_IRQ_LINE_STATUS ->
          ioctl(op, op.getKvmIrqLineStatus().getPid(), op.getKvmIrqLineStatus().getTargetFd());
      case KVM_SIGNAL_MSI ->
          ioctl(op, op.getKvmSignalMsi().getPid(), op.getKvmSignalMsi().getTargetFd());
      case KVM_GET_IRQCHIP ->
          ioctl(op, op.getKvmGetIrqchip().getPid(), op.getKvmGetIrqchip().getTargetFd());
      case KVM_GET_LAPIC ->
          ioctl(op, op.getKvmGetLapic().getPid(), op.getKvmGetLapic().getTargetFd());
      case KVM_SET_LAPIC ->
          ioctl(op, op.getKvmSetLapic().getPid(), op.getKvmSetLapic().getTargetFd());
      case KVM_REGISTER_COALESCED_MMIO ->
          ioctl(
              op,
              op.getKvmRegisterCoalescedMmio().getPid(),
              op.getKvmRegisterCoalescedMmio().getTargetFd());
      case KVM_UNREGISTER_COALESCED_MMIO ->
          ioctl(
              op,
              op.getKvmUnregisterCoalescedMmio().getPid(),
              op.getKvmUnregisterCoalescedMmio().getTargetFd());
      case KVM_CREATE_DEVICE ->
          ioctl(op, op.getKvmCreateDevice().getPid(), op.getKvmCreateDevice().getTargetFd());
      case KVM_HAS_DEVICE_ATTR ->
          ioctl(op, op.getKvmHasDeviceAttr().getPid(), op.getKvmHasDeviceAttr().getTargetFd());
      case KVM_SET_DEVICE_ATTR ->
          ioctl(op, op.getKvmSetDeviceAttr().getPid(), op.getKvmSetDeviceAttr().getTargetFd());

      case OP_NOT_SET ->
          throw Refused.invalid(
              "op", "no operation is set, or one that this version does not know");
    };
  }

  private Task process(int pid) {
    Task process = processes.get(pid == 0 ? 1 : pid);
    if (process == null) {
      throw Refused.notFound("pid", "there is no process " + Integer.toUnsignedString(pid));
    }
    return process;
  }

  private PciFunction function(String device) {
    for (PciFunction function : kernel.machine().functions()) {
      if (function.name().equals(device)
          || function.configuration().bdf().toString().equals(device)) {
        return function;
      }
    }
    throw Refused.notFound("device", "there is no device \"" + device + "\"");
  }

  private Result process(ProcessRequest arg) {
    if (processes.size() == MOST_PROCESSES) {
      throw Refused.exhausted("", "at most " + MOST_PROCESSES + " processes a host");
    }
    int pid = ++lastPid;
    long rlimitMemlock = arg.hasRlimitMemlock() ? arg.getRlimitMemlock() : Task.UNLIMITED;
    boolean capIpcLock = !arg.hasCapIpcLock() || arg.getCapIpcLock();
    processes.put(pid, new Task(pid, rlimitMemlock, capIpcLock, kernel.machine().memory()));
    return Result.newBuilder().setProcess(ProcessResponse.newBuilder().setPid(pid)).build();
  }

  private Result exit(int pid) {
    Task process = process(pid);
    process.exit();
    processes.remove(process.pid());
    kernel
        .events()
        .record(
            EventKind.EVENT_KIND_PROCESS_EXIT,
            "pid " + process.pid(),
            "all of its files are closed");
    return Result.newBuilder().setExit(ExitResponse.getDefaultInstance()).build();
  }

  private Result open(OpenRequest arg) {
    Task caller = process(arg.getPid());
    caller.files().reserve();
    int fd = caller.files().install(devices.open(caller, arg.getPath()));
    return Result.newBuilder().setOpen(OpenResponse.newBuilder().setRet(fd)).build();
  }

  private Result close(CloseRequest arg) {
    process(arg.getPid()).close(arg.getTargetFd());
    return Result.newBuilder().setClose(CloseResponse.getDefaultInstance()).build();
  }

  private Result eventfd(EventfdRequest arg) {
    Task caller = process(arg.getPid());
    caller.files().reserve();
    int fd =
        caller.files().install(new EventFdFile(kernel.ids(), arg.getInitval(), arg.getFlags()));
    return Result.newBuilder().setEventfd(EventfdResponse.newBuilder().setRet(fd)).build();
  }

  private Result read(ReadRequest arg) {
    Task caller = process(arg.getPid());
    long length = arg.hasLength() ? arg.getLength() : Long.BYTES;
    return Result.newBuilder()
        .setRead(caller.files().file(arg.getTargetFd()).read(caller, length))
        .build();
  }

  private Result write(WriteRequest arg) {
    Task caller = process(arg.getPid());
    long written =
        caller.files().file(arg.getTargetFd()).write(caller, arg.getValue(), arg.getBytes());
    return Result.newBuilder().setWrite(WriteResponse.newBuilder().setRet(written)).build();
  }

  private Result mmap(MmapRequest arg) {
    return Result.newBuilder()
        .setMmap(MmapResponse.newBuilder().setRet(process(arg.getPid()).mmap(arg)))
        .build();
  }

  private Result munmap(MunmapRequest arg) {
    process(arg.getPid()).munmap(arg.getAddr(), arg.getLength());
    return Result.newBuilder().setMunmap(MunmapResponse.getDefaultInstance()).build();
  }

  private Result store(StoreRequest arg) {
    process(arg.getPid()).store(arg.getAddr(), arg.getBytes());
    return Result.newBuilder().setStore(StoreResponse.getDefaultInstance()).build();
  }

  private Result load(LoadRequest arg) {
    ByteString bytes = process(arg.getPid()).load(arg.getAddr(), arg.getLength());
    return Result.newBuilder().setLoad(LoadResponse.newBuilder().setBytes(bytes)).build();
  }

  private Result pread(PreadRequest arg) {
    Task caller = process(arg.getPid());
    OpenFile file = caller.files().file(arg.getTargetFd());
    ByteString bytes =
        file.pread(caller, arg.getOffset(), Task.moveable("length", arg.getLength()));
    return Result.newBuilder()
        .setPread(PreadResponse.newBuilder().setRet(bytes.size()).setBytes(bytes))
        .build();
  }

  private Result pwrite(PwriteRequest arg) {
    Task caller = process(arg.getPid());
    Task.moveable("bytes", arg.getBytes().size());
    long written =
        caller.files().file(arg.getTargetFd()).pwrite(caller, arg.getOffset(), arg.getBytes());
    return Result.newBuilder().setPwrite(PwriteResponse.newBuilder().setRet(written)).build();
  }

  /** Ioctls, and the acts of a guest: its VM's file answers them. */
  private Result ioctl(Operation operation, int pid, int fd) {
    Task caller = process(pid);
    return caller.files().file(fd).ioctl(caller, operation);
  }

  private Result dmaRead(HwDmaReadRequest arg) {
    PciFunction function = function(arg.getDevice());
    byte[] bytes = new byte[Task.moveable("length", arg.getLength())];
    simulatedDma(arg.hasPasid(), arg.getAts());
    DmaFault fault = function.read(arg.getIova(), bytes);
    if (fault != null) {
      throw faulted(arg.getDevice(), fault, HwDmaReadResponse.newBuilder().setFault(fault).build());
    }
    return Result.newBuilder()
        .setHwDmaRead(HwDmaReadResponse.newBuilder().setBytes(ByteString.copyFrom(bytes)))
        .build();
  }

  private Result dmaWrite(HwDmaWriteRequest arg) {
    PciFunction function = function(arg.getDevice());
    Task.moveable("bytes", arg.getBytes().size());
    simulatedDma(arg.hasPasid(), arg.getAts());
    DmaFault fault = function.write(arg.getIova(), arg.getBytes().toByteArray());
    if (fault != null) {
      throw faulted(
          arg.getDevice(), fault, HwDmaWriteResponse.newBuilder().setFault(fault).build());
    }
    return Result.newBuilder().setHwDmaWrite(HwDmaWriteResponse.getDefaultInstance()).build();
  }

  private static void simulatedDma(boolean pasid, boolean ats) {
    if (pasid || ats) {
      throw Refused.unimplemented(
          pasid ? "pasid" : "ats", "DMA with a PASID or by ATS is not simulated yet");
    }
  }

  private KernelError faulted(String device, DmaFault fault, Message written) {
    String detail =
        (fault.getWrite() ? "write" : "read")
            + " at 0x"
            + Long.toHexString(fault.getAddress())
            + ": "
            + fault.getReason();
    kernel.events().record(EventKind.EVENT_KIND_DMA_FAULT, device, detail);
    return new KernelError(Errno.EFAULT, "the device's " + detail, written);
  }

  private Result irqBypass() {
    IrqBypassManager manager = kernel.irqBypass();
    return Result.newBuilder()
        .setHostIrqbypass(
            HostIrqbypassResponse.newBuilder()
                .setProducers(manager.producers().size())
                .setConsumers(manager.consumers().size())
                .setConnected(manager.connected())
                .setPosted(manager.posted())
                .setStarts(manager.starts())
                .setStops(manager.stops()))
        .build();
  }

  /** What the host's specification says, with every default filled in. */
  public HostSpec spec() {
    return kernel.configuration().spec();
  }

  /** Operations executed so far. */
  public long operations() {
    return operations;
  }

  /** Ends the host: every process exits, lowest number first. */
  public void end() {
    for (Task process : List.copyOf(processes.values())) {
      exit(process.pid());
    }
  }

  /** The latest events. */
  public EventLog events() {
    return kernel.events();
  }

  /** A hash of the whole state: equal states have equal hashes. */
  public String stateHash() {
    return StateHash.of(this);
  }

  /** The whole state as a tree. */
  public StateNode describe() {
    return StateTree.of("host", "", this);
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("last_pid", lastPid);
    processes.forEach((pid, process) -> out.child("process", pid.toString(), process));
    out.child("devices", "", devices);
    out.child("irqbypass", "", kernel.irqBypass());
    out.child("machine", "", kernel.machine());
  }
}
