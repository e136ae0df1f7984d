package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.uapi.Kvm.KVM_CAP_ENFORCE_PV_FEATURE_CPUID;
import static io.virtrig.uapi.Kvm.KVM_CAP_HYPERV_DIRECT_TLBFLUSH;
import static io.virtrig.uapi.Kvm.KVM_CAP_HYPERV_ENFORCE_CPUID;
import static io.virtrig.uapi.Kvm.KVM_CAP_HYPERV_ENLIGHTENED_VMCS;
import static io.virtrig.uapi.Kvm.KVM_CAP_HYPERV_SYNIC;
import static io.virtrig.uapi.Kvm.KVM_CAP_HYPERV_SYNIC2;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.kernel.process.DeviceMemory;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.ObjectIds;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.v1.KvmEnableCapRequest;
import io.virtrig.v1.KvmGetLapicResponse;
import io.virtrig.v1.KvmSetLapicResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.wire.Results;
import java.util.LinkedHashMap;
import java.util.Map;

/** The file of a vCPU (kvm_vcpu_fops). It holds the VM. */
final class KvmVcpuFile extends OpenFile {
  private final KvmVm vm;
  private final KvmVcpu vcpu;

  KvmVcpuFile(ObjectIds ids, KvmVm vm, KvmVcpu vcpu) {
    super(ids);
    this.vm = vm;
    this.vcpu = vcpu;
    vm.get();
  }

  @Override
  protected void release() {
    vm.put();
  }

  @Override
  public Result ioctl(Task caller, Operation operation) {
    vm.checkCaller(caller);
    return switch (operation.getOpCase()) {
      case KVM_GET_LAPIC -> getLapic();
      case KVM_SET_LAPIC -> setLapic(operation.getKvmSetLapic().getRegsMap());
      case KVM_ENABLE_CAP -> throw enableCap(operation.getKvmEnableCap());
      case GUEST_READ, GUEST_WRITE, GUEST_IRQS ->
          throw Refused.invalid("target_fd", "a vCPU's fd: the VM's is needed");
      default -> throw KernelError.invalid("a vCPU does not know this ioctl");
    };
  }

  /** Why a capability is not enabled: those of a vCPU are Hyper-V's and one of KVM's own. */
  private static RuntimeException enableCap(KvmEnableCapRequest arg) {
    if (arg.getFlags() != 0) {
      return KernelError.invalid("flags 0x" + Integer.toHexString(arg.getFlags()) + " is not 0");
    }
    return switch (arg.getCap()) {
      case KVM_CAP_HYPERV_SYNIC,
          KVM_CAP_HYPERV_SYNIC2,
          KVM_CAP_HYPERV_ENLIGHTENED_VMCS,
          KVM_CAP_HYPERV_DIRECT_TLBFLUSH,
          KVM_CAP_HYPERV_ENFORCE_CPUID,
          KVM_CAP_ENFORCE_PV_FEATURE_CPUID ->
          Refused.unimplemented("cap", "enabling capability " + arg.getCap() + " is not simulated");
      default ->
          KernelError.invalid(
              "a vCPU has no capability " + Integer.toUnsignedString(arg.getCap()) + " to enable");
    };
  }

  private KvmLapic lapic() {
    KvmLapic lapic = vcpu.lapic();
    if (lapic == null) {
      throw KernelError.invalid("the vCPU has no local APIC in the kernel");
    }
    return lapic;
  }

  private Result getLapic() {
    Map<Integer, Integer> registers = new LinkedHashMap<>();
    lapic().getRegisters(registers);
    return Results.of(KvmGetLapicResponse.newBuilder().putAllRegs(registers));
  }

  private Result setLapic(Map<Integer, Integer> registers) {
    lapic().setRegisters(registers);
    return Results.of(KvmSetLapicResponse.getDefaultInstance());
  }

  @Override
  public DeviceMemory mmap(Task caller, long offset, long length, int prot) {
    return vcpu.mapping(offset);
  }

  @Override
  public void writeState(StateWriter out) {
    out.shared("vcpu", vcpu);
    out.shared("vm", vm);
  }
}
