package io.virtrig.emulator;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.event.EventListener;
import io.virtrig.emulator.event.EventLog;
import io.virtrig.emulator.hardware.Machine;
import io.virtrig.emulator.hardware.css.Subchannel;
import io.virtrig.emulator.hardware.iommu.Iommu;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.hardware.pci.AssignableInterface;
import io.virtrig.emulator.hardware.pci.DeviceModels;
import io.virtrig.emulator.hardware.pci.PciBus;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.hardware.psp.SevFirmware;
import io.virtrig.emulator.hardware.vdpa.VdpaBus;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.irqbypass.IrqBypassManager;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.emulator.state.StateHash;
import io.virtrig.emulator.state.StateTree;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.time.Cost;
import io.virtrig.emulator.time.VirtualClock;
import io.virtrig.emulator.translation.HostWalks;
import io.virtrig.emulator.vmm.CallLog;
import io.virtrig.emulator.vmm.SystemCallInterface;
import io.virtrig.emulator.vmm.Vmms;
import io.virtrig.v1.HostIrqbypassResponse;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.HostTimeResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.ProcessRequest;
import io.virtrig.v1.Result;
import io.virtrig.v1.StateNode;
import io.virtrig.v1.WalkRequest;
import io.virtrig.v1.WalkResponse;
import io.virtrig.wire.Results;
import java.util.List;

/**
 * A simulated host: a deterministic state machine. Operations go in by {@link #apply}, one at a
 * time; results and events come out. The same operations in the same order give the same results,
 * identities and state hash, on every machine.
 *
 * <p>Not safe for use by several threads: whoever executes on a host holds its lock.
 */
public final class Host implements Stateful {
  private static final int FIRST_PID = 1;

  private final EventListener listener;
  private final Kernel kernel;
  private final SystemCalls calls;
  private final Ioctls ioctls;
  private final DeviceActs acts;
  private final Vmms vmms;
  private final Usage usage;
  private long operations;

  /** A host whose devices name no models. */
  public Host(HostSpec spec) {
    this(spec, DeviceModels.NONE);
  }

  /** A host whose events nobody counts. */
  public Host(HostSpec spec, DeviceModels models) {
    this(spec, models, EventListener.NONE);
  }

  /**
   * A host with one process, number 1.
   *
   * @param models what the devices of the specification may name as their model
   * @param listener is told of every event
   * @throws Refused when the specification makes no sense or asks for what is not simulated
   */
  public Host(HostSpec spec, DeviceModels models, EventListener listener) {
    this.listener = listener;
    HostConfiguration configuration = HostConfiguration.of(spec);
    PhysicalMemory memory = new PhysicalMemory();
    Iommu iommu = new Iommu(configuration, memory);
    List<PciFunction> functions =
        new PciBus(configuration, models, memory, iommu.unit()).functions();
    Machine machine =
        new Machine(
            memory,
            iommu,
            functions,
            parts(configuration, functions),
            new VdpaBus(configuration, memory).devices(),
            configuration.ccwDevices().stream()
                .map(device -> new Subchannel(device, memory))
                .toList(),
            new SevFirmware());
    kernel = new Kernel(configuration, machine, listener);
    iommu.unit().staleListener(new StaleTranslations(functions, kernel.events()));
    usage = new Usage(kernel);
    calls = new SystemCalls(kernel);
    ioctls = new Ioctls(calls);
    acts = new DeviceActs(kernel);
    vmms = new Vmms(configuration, new SystemCallTable(), kernel.events());
    calls.process(ProcessRequest.getDefaultInstance());
  }

  private static List<AssignableInterface> parts(
      HostConfiguration configuration, List<PciFunction> functions) {
    return configuration.mdevs().stream()
        .map(
            mdev ->
                new AssignableInterface(
                    mdev,
                    functions.stream()
                        .filter(function -> function.name().equals(mdev.parent()))
                        .findFirst()
                        .orElseThrow()))
        .toList();
  }

  /** Executes an operation. Never throws for anything a request may hold. */
  public Result apply(Operation operation) {
    kernel.events().operation(++operations);
    Result result = answer(operation);
    kernel.machine().iommu().uses().report(listener);
    return result;
  }

  private Result answer(Operation operation) {
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
      case PROCESS -> calls.process(op.getProcess());
      case EXIT -> exit(op.getExit().getPid());
      case OPEN -> calls.open(op.getOpen());
      case CLOSE -> calls.close(op.getClose());
      case EVENTFD -> calls.eventfd(op.getEventfd());
      case READ -> calls.read(op.getRead());
      case WRITE -> calls.write(op.getWrite());
      case MMAP -> calls.mmap(op.getMmap());
      case MUNMAP -> calls.munmap(op.getMunmap());
      case STORE -> calls.store(op.getStore());
      case LOAD -> calls.load(op.getLoad());
      case PREAD -> calls.pread(op.getPread());
      case PWRITE -> calls.pwrite(op.getPwrite());

      case HW_DMA_READ -> acts.dmaRead(op.getHwDmaRead());
      case HW_DMA_WRITE -> acts.dmaWrite(op.getHwDmaWrite());
      case HW_RAISE_IRQ -> acts.raiseIrq(op.getHwRaiseIrq());
      case HW_LOWER_IRQ -> acts.lowerIrq(op.getHwLowerIrq());
      case HW_PAGE_REQUEST -> acts.pageRequest(op.getHwPageRequest());
      case HW_FAIL -> acts.fail(op.getHwFail());

      case HW_COMPLETE -> acts.complete(op.getHwComplete());
      case HW_UNSOLICITED -> acts.unsolicited(op.getHwUnsolicited());
      case HW_PATH -> acts.path(op.getHwPath());

      case HOST_IRQBYPASS -> irqBypass();
      case HOST_PINNED_PAGES -> calls.pinnedPages(op.getHostPinnedPages());
      case HOST_CCW -> acts.ccw(op.getHostCcw());
      case HOST_X86_OPS -> x86Ops();
      case HOST_TIME -> time();

      case VMM_START -> vmms.start(op.getVmmStart());
      case VMM_DEVICE_ADD -> vmms.deviceAdd(op.getVmmDeviceAdd());
      case VMM_DEVICE_DEL -> vmms.deviceDel(op.getVmmDeviceDel());
      case VMM_MMIO_READ -> vmms.mmioRead(op.getVmmMmioRead());
      case VMM_MMIO_WRITE -> vmms.mmioWrite(op.getVmmMmioWrite());
      case VMM_RESET -> vmms.reset(op.getVmmReset());
      case VMM_STOP -> vmms.stop(op.getVmmStop());
      case VMM_FDS -> vmms.fds(op.getVmmFds());
      case GUEST_CONFIG_READ -> vmms.configRead(op.getGuestConfigRead());
      case GUEST_CONFIG_WRITE -> vmms.configWrite(op.getGuestConfigWrite());
      case GUEST_VECTOR_WRITE -> vmms.vectorWrite(op.getGuestVectorWrite());

      case OP_NOT_SET ->
          throw Refused.invalid(
              "op", "no operation is set, or one that this version does not know");
      default -> ioctls.call(op);
    };
  }

  private Result exit(int pid) {
    Result result = calls.exit(pid);
    vmms.exited(pid == 0 ? FIRST_PID : pid);
    return result;
  }

  private Result irqBypass() {
    IrqBypassManager manager = kernel.irqBypass();
    return Results.of(
        HostIrqbypassResponse.newBuilder()
            .setProducers(manager.producers().size())
            .setConsumers(manager.consumers().size())
            .setConnected(manager.connected())
            .setPosted(manager.posted())
            .setStarts(manager.starts())
            .setStops(manager.stops()));
  }

  private Result x86Ops() {
    return Results.of(kernel.x86Ops().list());
  }

  private Result time() {
    VirtualClock clock = kernel.clock();
    return Results.of(
        HostTimeResponse.newBuilder()
            .setNowNs(clock.now())
            .setKernelExits(clock.count(Cost.KERNEL_EXIT))
            .setUserExits(clock.count(Cost.USER_EXIT))
            .setHostInterrupts(clock.count(Cost.HOST_INTERRUPT))
            .setEventfdWakeups(clock.count(Cost.EVENTFD_WAKEUP))
            .setPostedInterrupts(clock.count(Cost.POSTED_INTERRUPT)));
  }

  /** What the host's specification says, with every default filled in. */
  public HostSpec spec() {
    return kernel.configuration().spec();
  }

  /**
   * What would become of a device's access. Nothing happens.
   *
   * @throws Refused when there is no such device, or the access makes no sense
   */
  public WalkResponse walk(WalkRequest request) {
    return HostWalks.walk(
        kernel.machine().iommu(), acts.function(request.getDevice()), request.getAccess());
  }

  /** What the VMMs asked of the kernel. */
  public CallLog calls() {
    return vmms.calls();
  }

  /** How much of what costs memory it has. */
  public Usage usage() {
    return usage;
  }

  /** Operations executed so far. */
  public long operations() {
    return operations;
  }

  /** Ends the host: every process exits, lowest number first. */
  public void end() {
    calls.exitAll();
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
    calls.writeState(out);
    vmms.writeState(out);
    out.child("irqbypass", "", kernel.irqBypass());
    out.child("clock", "", kernel.clock());
    out.child("iommu_core", "", kernel.iommu());
    out.child("x86_ops", "", kernel.x86Ops());
    out.child("machine", "", kernel.machine());
  }

  /** What a VMM sees of the kernel: the system calls of its process. */
  private final class SystemCallTable implements SystemCallInterface {
    @Override
    public Result call(Operation operation) {
      return answer(operation);
    }
  }
}
