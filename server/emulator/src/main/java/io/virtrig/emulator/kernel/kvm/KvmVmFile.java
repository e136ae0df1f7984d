package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.uapi.Kvm.KVM_CAP_DIRTY_LOG_RING;
import static io.virtrig.uapi.Kvm.KVM_CAP_DIRTY_LOG_RING_ACQ_REL;
import static io.virtrig.uapi.Kvm.KVM_CAP_DISABLE_QUIRKS;
import static io.virtrig.uapi.Kvm.KVM_CAP_DISABLE_QUIRKS2;
import static io.virtrig.uapi.Kvm.KVM_CAP_EXCEPTION_PAYLOAD;
import static io.virtrig.uapi.Kvm.KVM_CAP_EXIT_HYPERCALL;
import static io.virtrig.uapi.Kvm.KVM_CAP_EXIT_ON_EMULATION_FAILURE;
import static io.virtrig.uapi.Kvm.KVM_CAP_HALT_POLL;
import static io.virtrig.uapi.Kvm.KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2;
import static io.virtrig.uapi.Kvm.KVM_CAP_MAX_VCPU_ID;
import static io.virtrig.uapi.Kvm.KVM_CAP_MSR_PLATFORM_INFO;
import static io.virtrig.uapi.Kvm.KVM_CAP_PMU_CAPABILITY;
import static io.virtrig.uapi.Kvm.KVM_CAP_SGX_ATTRIBUTE;
import static io.virtrig.uapi.Kvm.KVM_CAP_SPLIT_IRQCHIP;
import static io.virtrig.uapi.Kvm.KVM_CAP_VM_COPY_ENC_CONTEXT_FROM;
import static io.virtrig.uapi.Kvm.KVM_CAP_VM_DISABLE_NX_HUGE_PAGES;
import static io.virtrig.uapi.Kvm.KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM;
import static io.virtrig.uapi.Kvm.KVM_CAP_X2APIC_API;
import static io.virtrig.uapi.Kvm.KVM_CAP_X86_BUS_LOCK_EXIT;
import static io.virtrig.uapi.Kvm.KVM_CAP_X86_DISABLE_EXITS;
import static io.virtrig.uapi.Kvm.KVM_CAP_X86_NOTIFY_VMEXIT;
import static io.virtrig.uapi.Kvm.KVM_CAP_X86_TRIPLE_FAULT_EVENT;
import static io.virtrig.uapi.Kvm.KVM_CAP_X86_USER_SPACE_MSR;
import static io.virtrig.uapi.Kvm.KVM_CREATE_DEVICE_TEST;
import static io.virtrig.uapi.Kvm.KVM_DEV_TYPE_VFIO;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.kvm.KvmX86Ops.Called;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.v1.GuestIrqsResponse;
import io.virtrig.v1.GuestReadRequest;
import io.virtrig.v1.GuestWriteRequest;
import io.virtrig.v1.KvmClearDirtyLogResponse;
import io.virtrig.v1.KvmCreateDeviceRequest;
import io.virtrig.v1.KvmCreateDeviceResponse;
import io.virtrig.v1.KvmCreateIrqchipResponse;
import io.virtrig.v1.KvmCreateVcpuResponse;
import io.virtrig.v1.KvmEnableCapRequest;
import io.virtrig.v1.KvmEnableCapResponse;
import io.virtrig.v1.KvmGetDirtyLogResponse;
import io.virtrig.v1.KvmIoeventfdResponse;
import io.virtrig.v1.KvmIrqLineRequest;
import io.virtrig.v1.KvmIrqLineResponse;
import io.virtrig.v1.KvmIrqLineStatusRequest;
import io.virtrig.v1.KvmIrqLineStatusResponse;
import io.virtrig.v1.KvmIrqfdResponse;
import io.virtrig.v1.KvmRegisterCoalescedMmioRequest;
import io.virtrig.v1.KvmRegisterCoalescedMmioResponse;
import io.virtrig.v1.KvmSetBootCpuIdResponse;
import io.virtrig.v1.KvmSetGsiRoutingResponse;
import io.virtrig.v1.KvmSetUserMemoryRegionResponse;
import io.virtrig.v1.KvmSignalMsiResponse;
import io.virtrig.v1.KvmUnregisterCoalescedMmioRequest;
import io.virtrig.v1.KvmUnregisterCoalescedMmioResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.wire.Results;
import java.util.LinkedHashMap;
import java.util.Map;

/** The file of a VM (kvm_vm_fops). */
final class KvmVmFile extends OpenFile {
  private static final Result MEMORY_REGION_SET =
      Results.of(KvmSetUserMemoryRegionResponse.getDefaultInstance());
  private static final Result DIRTY_LOG_CLEARED =
      Results.of(KvmClearDirtyLogResponse.getDefaultInstance());
  private static final Result IRQCHIP_CREATED =
      Results.of(KvmCreateIrqchipResponse.getDefaultInstance());
  private static final Result BOOT_CPU_SET =
      Results.of(KvmSetBootCpuIdResponse.getDefaultInstance());
  private static final Result IRQFD_DONE = Results.of(KvmIrqfdResponse.getDefaultInstance());
  private static final Result IOEVENTFD_DONE =
      Results.of(KvmIoeventfdResponse.getDefaultInstance());
  private static final Result ROUTING_SET =
      Results.of(KvmSetGsiRoutingResponse.getDefaultInstance());
  private static final Result LINE_SET = Results.of(KvmIrqLineResponse.getDefaultInstance());
  private static final Result ZONE_REGISTERED =
      Results.of(KvmRegisterCoalescedMmioResponse.getDefaultInstance());
  private static final Result ZONE_UNREGISTERED =
      Results.of(KvmUnregisterCoalescedMmioResponse.getDefaultInstance());
  private static final Result CAP_ENABLED = Results.of(KvmEnableCapResponse.getDefaultInstance());

  private final Kernel kernel;
  private final KvmVm vm;

  KvmVmFile(Kernel kernel, KvmVm vm) {
    super(kernel.ids());
    this.kernel = kernel;
    this.vm = vm;
    vm.get();
  }

  @Override
  public Result ioctl(Task caller, Operation operation) {
    vm.checkCaller(caller);
    return switch (operation.getOpCase()) {
      case GUEST_READ -> guestRead(operation.getGuestRead());
      case GUEST_WRITE -> guestWrite(operation.getGuestWrite());
      case GUEST_IRQS -> guestIrqs();
      case KVM_CHECK_EXTENSION ->
          Kvm.checkExtension(kernel.configuration(), operation.getKvmCheckExtension().getValue());
      case KVM_CREATE_VCPU -> createVcpu(caller, operation.getKvmCreateVcpu().getValue());
      case KVM_ENABLE_CAP -> {
        enableCap(operation.getKvmEnableCap());
        yield CAP_ENABLED;
      }
      case KVM_SET_USER_MEMORY_REGION -> {
        vm.memory().setUserMemoryRegion(operation.getKvmSetUserMemoryRegion());
        yield MEMORY_REGION_SET;
      }
      case KVM_GET_DIRTY_LOG -> {
        vm.x86Ops().call(Called.FLUSH_LOG_DIRTY);
        yield Results.of(
            KvmGetDirtyLogResponse.newBuilder()
                .setDirtyBitmap(vm.memory().getDirtyLog(operation.getKvmGetDirtyLog().getSlot())));
      }
      case KVM_CLEAR_DIRTY_LOG -> {
        vm.x86Ops().call(Called.FLUSH_LOG_DIRTY);
        vm.memory().clearDirtyLog(operation.getKvmClearDirtyLog());
        yield DIRTY_LOG_CLEARED;
      }
      case KVM_IRQFD -> {
        vm.irqfds().irqfd(caller, operation.getKvmIrqfd());
        yield IRQFD_DONE;
      }
      case KVM_IOEVENTFD -> {
        vm.ioeventfds().ioeventfd(caller, operation.getKvmIoeventfd());
        yield IOEVENTFD_DONE;
      }
      case KVM_SET_GSI_ROUTING -> {
        vm.irqchip().setRouting(operation.getKvmSetGsiRouting());
        yield ROUTING_SET;
      }
      case KVM_IRQ_LINE -> {
        KvmIrqLineRequest arg = operation.getKvmIrqLine();
        vm.irqchip().irqLine(arg.getIrq(), arg.getLevel() != 0);
        yield LINE_SET;
      }
      case KVM_IRQ_LINE_STATUS -> {
        KvmIrqLineStatusRequest arg = operation.getKvmIrqLineStatus();
        int status = vm.irqchip().irqLine(arg.getIrq(), arg.getLevel() != 0);
        yield Results.of(KvmIrqLineStatusResponse.newBuilder().setStatus(status));
      }
      case KVM_SIGNAL_MSI -> {
        int taken = vm.irqchip().signalMsi(operation.getKvmSignalMsi());
        yield Results.of(KvmSignalMsiResponse.newBuilder().setRet(taken));
      }
      case KVM_GET_IRQCHIP ->
          Results.of(vm.irqchip().get(operation.getKvmGetIrqchip().getChipId()));
      case KVM_CREATE_IRQCHIP -> {
        vm.irqchip().create();
        yield IRQCHIP_CREATED;
      }
      case KVM_SET_BOOT_CPU_ID -> {
        vm.setBootCpuId((int) operation.getKvmSetBootCpuId().getValue());
        yield BOOT_CPU_SET;
      }
      case KVM_REGISTER_COALESCED_MMIO -> {
        KvmRegisterCoalescedMmioRequest arg = operation.getKvmRegisterCoalescedMmio();
        vm.registerCoalesced(arg.getAddr(), arg.getSize(), arg.getPio());
        yield ZONE_REGISTERED;
      }
      case KVM_UNREGISTER_COALESCED_MMIO -> {
        KvmUnregisterCoalescedMmioRequest arg = operation.getKvmUnregisterCoalescedMmio();
        vm.unregisterCoalesced(arg.getAddr(), arg.getSize(), arg.getPio());
        yield ZONE_UNREGISTERED;
      }
      case KVM_CREATE_DEVICE -> createDevice(caller, operation.getKvmCreateDevice());
      case KVM_MEMORY_ENCRYPT_OP,
          KVM_MEMORY_ENCRYPT_REG_REGION,
          KVM_MEMORY_ENCRYPT_UNREG_REGION,
          KVM_MEM_ENC_OP,
          KVM_MEM_ENC_REGISTER_REGION,
          KVM_MEM_ENC_UNREGISTER_REGION ->
          MemoryEncryption.ioctl(vm, caller, operation);
      default -> throw KernelError.notTty("a VM");
    };
  }

  private Result guestRead(GuestReadRequest arg) {
    int length = Task.moveable("length", arg.getLength());
    return Results.of(vm.guest().read(arg.getGpa(), length));
  }

  private Result guestWrite(GuestWriteRequest arg) {
    Task.moveable("bytes", arg.getBytes().size());
    return Results.of(vm.guest().write(arg.getGpa(), arg.getBytes().toByteArray()));
  }

  private Result createVcpu(Task caller, long id) {
    // The kernel passes the id on as 32 bits.
    int vcpuId = (int) id;
    vm.checkNewVcpu(vcpuId);
    caller.files().reserve();
    KvmVcpu vcpu = vm.createVcpu(vcpuId);
    int fd = caller.files().install(new KvmVcpuFile(kernel.ids(), vm, vcpu));
    return Results.of(KvmCreateVcpuResponse.newBuilder().setRet(fd));
  }

  private Result guestIrqs() {
    Map<Integer, Long> counts = new LinkedHashMap<>();
    GuestIrqsResponse.Builder response = GuestIrqsResponse.newBuilder();
    vm.irqchip().deliveries().injectedTo(counts);
    response.putAllInjected(counts);
    counts.clear();
    vm.irqchip().deliveries().postedTo(counts);
    response.putAllPosted(counts);
    return Results.of(response);
  }

  private Result createDevice(Task caller, KvmCreateDeviceRequest arg) {
    if (arg.getType() != KVM_DEV_TYPE_VFIO) {
      throw new KernelError(
          Errno.ENODEV, "x86 has no device type " + Integer.toUnsignedString(arg.getType()));
    }
    KvmCreateDeviceResponse.Builder response = KvmCreateDeviceResponse.newBuilder();
    if ((arg.getFlags() & KVM_CREATE_DEVICE_TEST) == 0) {
      vm.checkNoVfioDevice();
      caller.files().reserve();
      response.setFd(caller.files().install(vm.createVfioDevice()));
    }
    return Results.of(response);
  }

  private void enableCap(KvmEnableCapRequest arg) {
    long option = arg.getArgsCount() > 0 ? arg.getArgs(0) : 0;
    if (arg.getCap() == KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2) {
      vm.memory().enableManualProtect(arg.getFlags(), option);
      return;
    }
    if (arg.getFlags() != 0) {
      throw KernelError.invalid("flags 0x" + Integer.toHexString(arg.getFlags()) + " is not 0");
    }
    switch (arg.getCap()) {
      case KVM_CAP_SPLIT_IRQCHIP -> vm.irqchip().enableSplit(option);
      case KVM_CAP_X2APIC_API -> vm.irqchip().enableX2apicApi(option);
      case KVM_CAP_HALT_POLL,
          KVM_CAP_DIRTY_LOG_RING,
          KVM_CAP_DIRTY_LOG_RING_ACQ_REL,
          KVM_CAP_DISABLE_QUIRKS,
          KVM_CAP_DISABLE_QUIRKS2,
          KVM_CAP_X86_DISABLE_EXITS,
          KVM_CAP_MSR_PLATFORM_INFO,
          KVM_CAP_EXCEPTION_PAYLOAD,
          KVM_CAP_X86_TRIPLE_FAULT_EVENT,
          KVM_CAP_X86_USER_SPACE_MSR,
          KVM_CAP_X86_BUS_LOCK_EXIT,
          KVM_CAP_SGX_ATTRIBUTE,
          KVM_CAP_VM_COPY_ENC_CONTEXT_FROM,
          KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM,
          KVM_CAP_EXIT_HYPERCALL,
          KVM_CAP_EXIT_ON_EMULATION_FAILURE,
          KVM_CAP_PMU_CAPABILITY,
          KVM_CAP_MAX_VCPU_ID,
          KVM_CAP_X86_NOTIFY_VMEXIT,
          KVM_CAP_VM_DISABLE_NX_HUGE_PAGES ->
          throw Refused.unimplemented(
              "cap", "enabling capability " + arg.getCap() + " is not simulated");
      default ->
          throw KernelError.invalid(
              "a VM has no capability " + Integer.toUnsignedString(arg.getCap()) + " to enable");
    }
  }

  @Override
  protected void release() {
    vm.irqfds().release();
    vm.put();
  }

  @Override
  public void writeState(StateWriter out) {
    out.shared("vm", vm);
  }
}
