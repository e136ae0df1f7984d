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
  private final DeviceActs acts;
  private final Vmms vmms;
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
    calls = new SystemCalls(kernel);
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

      case GUEST_READ ->
          calls.ioctl(op, op.getGuestRead().getPid(), op.getGuestRead().getTargetFd());
      case GUEST_WRITE ->
          calls.ioctl(op, op.getGuestWrite().getPid(), op.getGuestWrite().getTargetFd());
      case GUEST_IRQS ->
          calls.ioctl(op, op.getGuestIrqs().getPid(), op.getGuestIrqs().getTargetFd());

      case VFIO_GET_API_VERSION ->
          calls.ioctl(
              op, op.getVfioGetApiVersion().getPid(), op.getVfioGetApiVersion().getTargetFd());
      case VFIO_CHECK_EXTENSION ->
          calls.ioctl(
              op, op.getVfioCheckExtension().getPid(), op.getVfioCheckExtension().getTargetFd());
      case VFIO_SET_IOMMU ->
          calls.ioctl(op, op.getVfioSetIommu().getPid(), op.getVfioSetIommu().getTargetFd());
      case VFIO_GROUP_GET_STATUS ->
          calls.ioctl(
              op, op.getVfioGroupGetStatus().getPid(), op.getVfioGroupGetStatus().getTargetFd());
      case VFIO_GROUP_SET_CONTAINER ->
          calls.ioctl(
              op,
              op.getVfioGroupSetContainer().getPid(),
              op.getVfioGroupSetContainer().getTargetFd());
      case VFIO_GROUP_UNSET_CONTAINER ->
          calls.ioctl(
              op,
              op.getVfioGroupUnsetContainer().getPid(),
              op.getVfioGroupUnsetContainer().getTargetFd());
      case VFIO_GROUP_GET_DEVICE_FD ->
          calls.ioctl(
              op,
              op.getVfioGroupGetDeviceFd().getPid(),
              op.getVfioGroupGetDeviceFd().getTargetFd());
      case VFIO_DEVICE_GET_INFO ->
          calls.ioctl(
              op, op.getVfioDeviceGetInfo().getPid(), op.getVfioDeviceGetInfo().getTargetFd());
      case VFIO_DEVICE_GET_REGION_INFO ->
          calls.ioctl(
              op,
              op.getVfioDeviceGetRegionInfo().getPid(),
              op.getVfioDeviceGetRegionInfo().getTargetFd());
      case VFIO_DEVICE_GET_IRQ_INFO ->
          calls.ioctl(
              op,
              op.getVfioDeviceGetIrqInfo().getPid(),
              op.getVfioDeviceGetIrqInfo().getTargetFd());
      case VFIO_DEVICE_SET_IRQS ->
          calls.ioctl(
              op, op.getVfioDeviceSetIrqs().getPid(), op.getVfioDeviceSetIrqs().getTargetFd());
      case VFIO_DEVICE_RESET ->
          calls.ioctl(op, op.getVfioDeviceReset().getPid(), op.getVfioDeviceReset().getTargetFd());
      case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO ->
          calls.ioctl(
              op,
              op.getVfioDeviceGetPciHotResetInfo().getPid(),
              op.getVfioDeviceGetPciHotResetInfo().getTargetFd());
      case VFIO_DEVICE_PCI_HOT_RESET ->
          calls.ioctl(
              op,
              op.getVfioDevicePciHotReset().getPid(),
              op.getVfioDevicePciHotReset().getTargetFd());
      case VFIO_DEVICE_FEATURE ->
          calls.ioctl(
              op, op.getVfioDeviceFeature().getPid(), op.getVfioDeviceFeature().getTargetFd());
      case VFIO_IOMMU_GET_INFO ->
          calls.ioctl(
              op, op.getVfioIommuGetInfo().getPid(), op.getVfioIommuGetInfo().getTargetFd());
      case VFIO_IOMMU_MAP_DMA ->
          calls.ioctl(op, op.getVfioIommuMapDma().getPid(), op.getVfioIommuMapDma().getTargetFd());
      case VFIO_IOMMU_UNMAP_DMA ->
          calls.ioctl(
              op, op.getVfioIommuUnmapDma().getPid(), op.getVfioIommuUnmapDma().getTargetFd());
      case VFIO_IOMMU_ENABLE ->
          calls.ioctl(op, op.getVfioIommuEnable().getPid(), op.getVfioIommuEnable().getTargetFd());
      case VFIO_IOMMU_DISABLE ->
          calls.ioctl(
              op, op.getVfioIommuDisable().getPid(), op.getVfioIommuDisable().getTargetFd());
      case VFIO_IOMMU_DIRTY_PAGES ->
          calls.ioctl(
              op, op.getVfioIommuDirtyPages().getPid(), op.getVfioIommuDirtyPages().getTargetFd());
      case VFIO_IOMMU_PASID_REQUEST ->
          calls.ioctl(
              op,
              op.getVfioIommuPasidRequest().getPid(),
              op.getVfioIommuPasidRequest().getTargetFd());
      case VFIO_IOMMU_NESTING_OP ->
          calls.ioctl(
              op, op.getVfioIommuNestingOp().getPid(), op.getVfioIommuNestingOp().getTargetFd());
      case VFIO_IOMMU_ATTACH_PASID_TABLE ->
          calls.ioctl(
              op,
              op.getVfioIommuAttachPasidTable().getPid(),
              op.getVfioIommuAttachPasidTable().getTargetFd());
      case VFIO_IOMMU_DETACH_PASID_TABLE ->
          calls.ioctl(
              op,
              op.getVfioIommuDetachPasidTable().getPid(),
              op.getVfioIommuDetachPasidTable().getTargetFd());
      case VFIO_IOMMU_CACHE_INVALIDATE ->
          calls.ioctl(
              op,
              op.getVfioIommuCacheInvalidate().getPid(),
              op.getVfioIommuCacheInvalidate().getTargetFd());
      case VFIO_IOMMU_BIND_MSI ->
          calls.ioctl(
              op, op.getVfioIommuBindMsi().getPid(), op.getVfioIommuBindMsi().getTargetFd());
      case VFIO_IOMMU_UNBIND_MSI ->
          calls.ioctl(
              op, op.getVfioIommuUnbindMsi().getPid(), op.getVfioIommuUnbindMsi().getTargetFd());
      case IOASID_GET_API_VERSION ->
          calls.ioctl(
              op, op.getIoasidGetApiVersion().getPid(), op.getIoasidGetApiVersion().getTargetFd());
      case IOASID_GET_INFO ->
          calls.ioctl(op, op.getIoasidGetInfo().getPid(), op.getIoasidGetInfo().getTargetFd());
      case IOASID_REQUEST_ALLOC ->
          calls.ioctl(
              op, op.getIoasidRequestAlloc().getPid(), op.getIoasidRequestAlloc().getTargetFd());
      case IOASID_REQUEST_FREE ->
          calls.ioctl(
              op, op.getIoasidRequestFree().getPid(), op.getIoasidRequestFree().getTargetFd());
      case VHOST_SET_OWNER ->
          calls.ioctl(op, op.getVhostSetOwner().getPid(), op.getVhostSetOwner().getTargetFd());
      case KVM_GET_API_VERSION ->
          calls.ioctl(
              op, op.getKvmGetApiVersion().getPid(), op.getKvmGetApiVersion().getTargetFd());
      case KVM_CREATE_VM ->
          calls.ioctl(op, op.getKvmCreateVm().getPid(), op.getKvmCreateVm().getTargetFd());
      case KVM_CHECK_EXTENSION ->
          calls.ioctl(
              op, op.getKvmCheckExtension().getPid(), op.getKvmCheckExtension().getTargetFd());
      case KVM_GET_VCPU_MMAP_SIZE ->
          calls.ioctl(
              op, op.getKvmGetVcpuMmapSize().getPid(), op.getKvmGetVcpuMmapSize().getTargetFd());
      case KVM_CREATE_VCPU ->
          calls.ioctl(op, op.getKvmCreateVcpu().getPid(), op.getKvmCreateVcpu().getTargetFd());
      case KVM_SET_BOOT_CPU_ID ->
          calls.ioctl(op, op.getKvmSetBootCpuId().getPid(), op.getKvmSetBootCpuId().getTargetFd());
      case KVM_CREATE_IRQCHIP ->
          calls.ioctl(
              op, op.getKvmCreateIrqchip().getPid(), op.getKvmCreateIrqchip().getTargetFd());
      case KVM_ENABLE_CAP ->
          calls.ioctl(op, op.getKvmEnableCap().getPid(), op.getKvmEnableCap().getTargetFd());
      case KVM_SET_USER_MEMORY_REGION ->
          calls.ioctl(
              op,
              op.getKvmSetUserMemoryRegion().getPid(),
              op.getKvmSetUserMemoryRegion().getTargetFd());
      case KVM_GET_DIRTY_LOG ->
          calls.ioctl(op, op.getKvmGetDirtyLog().getPid(), op.getKvmGetDirtyLog().getTargetFd());
      case KVM_CLEAR_DIRTY_LOG ->
          calls.ioctl(
              op, op.getKvmClearDirtyLog().getPid(), op.getKvmClearDirtyLog().getTargetFd());
      case KVM_IRQFD -> calls.ioctl(op, op.getKvmIrqfd().getPid(), op.getKvmIrqfd().getTargetFd());
      case KVM_IOEVENTFD ->
          calls.ioctl(op, op.getKvmIoeventfd().getPid(), op.getKvmIoeventfd().getTargetFd());
      case KVM_SET_GSI_ROUTING ->
          calls.ioctl(
              op, op.getKvmSetGsiRouting().getPid(), op.getKvmSetGsiRouting().getTargetFd());
      case KVM_IRQ_LINE ->
          calls.ioctl(op, op.getKvmIrqLine().getPid(), op.getKvmIrqLine().getTargetFd());
      case KVM_IRQ_LINE_STATUS ->
          calls.ioctl(
              op, op.getKvmIrqLineStatus().getPid(), op.getKvmIrqLineStatus().getTargetFd());
      case KVM_SIGNAL_MSI ->
          calls.ioctl(op, op.getKvmSignalMsi().getPid(), op.getKvmSignalMsi().getTargetFd());
      case KVM_GET_IRQCHIP ->
          calls.ioctl(op, op.getKvmGetIrqchip().getPid(), op.getKvmGetIrqchip().getTargetFd());
      case KVM_GET_LAPIC ->
          calls.ioctl(op, op.getKvmGetLapic().getPid(), op.getKvmGetLapic().getTargetFd());
      case KVM_SET_LAPIC ->
          calls.ioctl(op, op.getKvmSetLapic().getPid(), op.getKvmSetLapic().getTargetFd());
      case KVM_REGISTER_COALESCED_MMIO ->
          calls.ioctl(
              op,
              op.getKvmRegisterCoalescedMmio().getPid(),
              op.getKvmRegisterCoalescedMmio().getTargetFd());
      case KVM_UNREGISTER_COALESCED_MMIO ->
          calls.ioctl(
              op,
              op.getKvmUnregisterCoalescedMmio().getPid(),
              op.getKvmUnregisterCoalescedMmio().getTargetFd());
      case KVM_CREATE_DEVICE ->
          calls.ioctl(op, op.getKvmCreateDevice().getPid(), op.getKvmCreateDevice().getTargetFd());
      case KVM_HAS_DEVICE_ATTR ->
          calls.ioctl(
              op, op.getKvmHasDeviceAttr().getPid(), op.getKvmHasDeviceAttr().getTargetFd());
      case KVM_SET_DEVICE_ATTR ->
          calls.ioctl(
              op, op.getKvmSetDeviceAttr().getPid(), op.getKvmSetDeviceAttr().getTargetFd());
      case KVM_MEMORY_ENCRYPT_OP ->
          calls.ioctl(
              op, op.getKvmMemoryEncryptOp().getPid(), op.getKvmMemoryEncryptOp().getTargetFd());
      case KVM_MEMORY_ENCRYPT_REG_REGION ->
          calls.ioctl(
              op,
              op.getKvmMemoryEncryptRegRegion().getPid(),
              op.getKvmMemoryEncryptRegRegion().getTargetFd());
      case KVM_MEMORY_ENCRYPT_UNREG_REGION ->
          calls.ioctl(
              op,
              op.getKvmMemoryEncryptUnregRegion().getPid(),
              op.getKvmMemoryEncryptUnregRegion().getTargetFd());
      case KVM_MEM_ENC_OP ->
          calls.ioctl(op, op.getKvmMemEncOp().getPid(), op.getKvmMemEncOp().getTargetFd());
      case KVM_MEM_ENC_REGISTER_REGION ->
          calls.ioctl(
              op,
              op.getKvmMemEncRegisterRegion().getPid(),
              op.getKvmMemEncRegisterRegion().getTargetFd());
      case KVM_MEM_ENC_UNREGISTER_REGION ->
          calls.ioctl(
              op,
              op.getKvmMemEncUnregisterRegion().getPid(),
              op.getKvmMemEncUnregisterRegion().getTargetFd());

      case VHOST_GET_FEATURES ->
          calls.ioctl(
              op, op.getVhostGetFeatures().getPid(), op.getVhostGetFeatures().getTargetFd());
      case VHOST_SET_FEATURES ->
          calls.ioctl(
              op, op.getVhostSetFeatures().getPid(), op.getVhostSetFeatures().getTargetFd());
      case VHOST_RESET_OWNER ->
          calls.ioctl(op, op.getVhostResetOwner().getPid(), op.getVhostResetOwner().getTargetFd());
      case VHOST_SET_MEM_TABLE ->
          calls.ioctl(
              op, op.getVhostSetMemTable().getPid(), op.getVhostSetMemTable().getTargetFd());
      case VHOST_SET_LOG_BASE ->
          calls.ioctl(op, op.getVhostSetLogBase().getPid(), op.getVhostSetLogBase().getTargetFd());
      case VHOST_SET_LOG_FD ->
          calls.ioctl(op, op.getVhostSetLogFd().getPid(), op.getVhostSetLogFd().getTargetFd());
      case VHOST_SET_VRING_NUM ->
          calls.ioctl(
              op, op.getVhostSetVringNum().getPid(), op.getVhostSetVringNum().getTargetFd());
      case VHOST_SET_VRING_ADDR ->
          calls.ioctl(
              op, op.getVhostSetVringAddr().getPid(), op.getVhostSetVringAddr().getTargetFd());
      case VHOST_SET_VRING_BASE ->
          calls.ioctl(
              op, op.getVhostSetVringBase().getPid(), op.getVhostSetVringBase().getTargetFd());
      case VHOST_GET_VRING_BASE ->
          calls.ioctl(
              op, op.getVhostGetVringBase().getPid(), op.getVhostGetVringBase().getTargetFd());
      case VHOST_SET_VRING_ENDIAN ->
          calls.ioctl(
              op, op.getVhostSetVringEndian().getPid(), op.getVhostSetVringEndian().getTargetFd());
      case VHOST_GET_VRING_ENDIAN ->
          calls.ioctl(
              op, op.getVhostGetVringEndian().getPid(), op.getVhostGetVringEndian().getTargetFd());
      case VHOST_SET_VRING_KICK ->
          calls.ioctl(
              op, op.getVhostSetVringKick().getPid(), op.getVhostSetVringKick().getTargetFd());
      case VHOST_SET_VRING_CALL ->
          calls.ioctl(
              op, op.getVhostSetVringCall().getPid(), op.getVhostSetVringCall().getTargetFd());
      case VHOST_SET_VRING_ERR ->
          calls.ioctl(
              op, op.getVhostSetVringErr().getPid(), op.getVhostSetVringErr().getTargetFd());
      case VHOST_SET_VRING_BUSYLOOP_TIMEOUT ->
          calls.ioctl(
              op,
              op.getVhostSetVringBusyloopTimeout().getPid(),
              op.getVhostSetVringBusyloopTimeout().getTargetFd());
      case VHOST_GET_VRING_BUSYLOOP_TIMEOUT ->
          calls.ioctl(
              op,
              op.getVhostGetVringBusyloopTimeout().getPid(),
              op.getVhostGetVringBusyloopTimeout().getTargetFd());
      case VHOST_SET_BACKEND_FEATURES ->
          calls.ioctl(
              op,
              op.getVhostSetBackendFeatures().getPid(),
              op.getVhostSetBackendFeatures().getTargetFd());
      case VHOST_GET_BACKEND_FEATURES ->
          calls.ioctl(
              op,
              op.getVhostGetBackendFeatures().getPid(),
              op.getVhostGetBackendFeatures().getTargetFd());
      case VHOST_NET_SET_BACKEND ->
          calls.ioctl(
              op, op.getVhostNetSetBackend().getPid(), op.getVhostNetSetBackend().getTargetFd());
      case VHOST_VDPA_GET_DEVICE_ID ->
          calls.ioctl(
              op,
              op.getVhostVdpaGetDeviceId().getPid(),
              op.getVhostVdpaGetDeviceId().getTargetFd());
      case VHOST_VDPA_GET_STATUS ->
          calls.ioctl(
              op, op.getVhostVdpaGetStatus().getPid(), op.getVhostVdpaGetStatus().getTargetFd());
      case VHOST_VDPA_SET_STATUS ->
          calls.ioctl(
              op, op.getVhostVdpaSetStatus().getPid(), op.getVhostVdpaSetStatus().getTargetFd());
      case VHOST_VDPA_GET_CONFIG ->
          calls.ioctl(
              op, op.getVhostVdpaGetConfig().getPid(), op.getVhostVdpaGetConfig().getTargetFd());
      case VHOST_VDPA_SET_CONFIG ->
          calls.ioctl(
              op, op.getVhostVdpaSetConfig().getPid(), op.getVhostVdpaSetConfig().getTargetFd());
      case VHOST_VDPA_SET_VRING_ENABLE ->
          calls.ioctl(
              op,
              op.getVhostVdpaSetVringEnable().getPid(),
              op.getVhostVdpaSetVringEnable().getTargetFd());
      case VHOST_VDPA_GET_VRING_NUM ->
          calls.ioctl(
              op,
              op.getVhostVdpaGetVringNum().getPid(),
              op.getVhostVdpaGetVringNum().getTargetFd());
      case VHOST_VDPA_SET_CONFIG_CALL ->
          calls.ioctl(
              op,
              op.getVhostVdpaSetConfigCall().getPid(),
              op.getVhostVdpaSetConfigCall().getTargetFd());
      case VHOST_VDPA_GET_IOVA_RANGE ->
          calls.ioctl(
              op,
              op.getVhostVdpaGetIovaRange().getPid(),
              op.getVhostVdpaGetIovaRange().getTargetFd());
      case VHOST_VDPA_GET_CONFIG_SIZE ->
          calls.ioctl(
              op,
              op.getVhostVdpaGetConfigSize().getPid(),
              op.getVhostVdpaGetConfigSize().getTargetFd());
      case VHOST_VDPA_GET_VQS_COUNT ->
          calls.ioctl(
              op,
              op.getVhostVdpaGetVqsCount().getPid(),
              op.getVhostVdpaGetVqsCount().getTargetFd());
      case VHOST_VDPA_GET_GROUP_NUM ->
          calls.ioctl(
              op,
              op.getVhostVdpaGetGroupNum().getPid(),
              op.getVhostVdpaGetGroupNum().getTargetFd());
      case VHOST_VDPA_GET_AS_NUM ->
          calls.ioctl(
              op, op.getVhostVdpaGetAsNum().getPid(), op.getVhostVdpaGetAsNum().getTargetFd());
      case VHOST_VDPA_GET_VRING_GROUP ->
          calls.ioctl(
              op,
              op.getVhostVdpaGetVringGroup().getPid(),
              op.getVhostVdpaGetVringGroup().getTargetFd());
      case VHOST_VDPA_SET_GROUP_ASID ->
          calls.ioctl(
              op,
              op.getVhostVdpaSetGroupAsid().getPid(),
              op.getVhostVdpaSetGroupAsid().getTargetFd());
      case VHOST_VDPA_SUSPEND ->
          calls.ioctl(
              op, op.getVhostVdpaSuspend().getPid(), op.getVhostVdpaSuspend().getTargetFd());

      case VMM_START -> vmms.start(op.getVmmStart());
      case VMM_DEVICE_ADD -> vmms.deviceAdd(op.getVmmDeviceAdd());
      case VMM_DEVICE_DEL -> vmms.deviceDel(op.getVmmDeviceDel());
      case VMM_MMIO_READ -> vmms.mmioRead(op.getVmmMmioRead());
      case VMM_MMIO_WRITE -> vmms.mmioWrite(op.getVmmMmioWrite());
      case VMM_RESET -> vmms.reset(op.getVmmReset());
      case VMM_STOP -> vmms.stop(op.getVmmStop());
      case VMM_FDS -> vmms.fds(op.getVmmFds());
      case GUEST_CONFIG_WRITE -> vmms.configWrite(op.getGuestConfigWrite());
      case GUEST_VECTOR_WRITE -> vmms.vectorWrite(op.getGuestVectorWrite());

      case OP_NOT_SET ->
          throw Refused.invalid(
              "op", "no operation is set, or one that this version does not know");
    };
  }

  private Result exit(int pid) {
    Result result = calls.exit(pid);
    vmms.exited(pid == 0 ? FIRST_PID : pid);
    return result;
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

  private Result x86Ops() {
    return Result.newBuilder().setHostX86Ops(kernel.x86Ops().list()).build();
  }

  private Result time() {
    VirtualClock clock = kernel.clock();
    return Result.newBuilder()
        .setHostTime(
            HostTimeResponse.newBuilder()
                .setNowNs(clock.now())
                .setKernelExits(clock.count(Cost.KERNEL_EXIT))
                .setUserExits(clock.count(Cost.USER_EXIT))
                .setHostInterrupts(clock.count(Cost.HOST_INTERRUPT))
                .setEventfdWakeups(clock.count(Cost.EVENTFD_WAKEUP))
                .setPostedInterrupts(clock.count(Cost.POSTED_INTERRUPT)))
        .build();
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
