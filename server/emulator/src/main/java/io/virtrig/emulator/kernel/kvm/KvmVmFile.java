package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.uapi.Kvm.KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.v1.GuestReadRequest;
import io.virtrig.v1.GuestWriteRequest;
import io.virtrig.v1.KvmClearDirtyLogResponse;
import io.virtrig.v1.KvmCreateVcpuResponse;
import io.virtrig.v1.KvmEnableCapRequest;
import io.virtrig.v1.KvmEnableCapResponse;
import io.virtrig.v1.KvmGetDirtyLogResponse;
import io.virtrig.v1.KvmSetUserMemoryRegionResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;

/** The file of a VM (kvm_vm_fops). */
final class KvmVmFile extends OpenFile {
  private static final Result MEMORY_REGION_SET =
      Result.newBuilder()
          .setKvmSetUserMemoryRegion(KvmSetUserMemoryRegionResponse.getDefaultInstance())
          .build();
  private static final Result DIRTY_LOG_CLEARED =
      Result.newBuilder()
          .setKvmClearDirtyLog(KvmClearDirtyLogResponse.getDefaultInstance())
          .build();
  private static final Result CAP_ENABLED =
      Result.newBuilder().setKvmEnableCap(KvmEnableCapResponse.getDefaultInstance()).build();

  private final Kernel kernel;
  private final KvmVm vm;

  KvmVmFile(Kernel kernel, KvmVm vm) {
    super(kernel.ids());
    this.kernel = kernel;
    this.vm = vm;
  }

  @Override
  public Result ioctl(Task caller, Operation operation) {
    vm.checkCaller(caller);
    return switch (operation.getOpCase()) {
      case GUEST_READ -> guestRead(operation.getGuestRead());
      case GUEST_WRITE -> guestWrite(operation.getGuestWrite());
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
      case KVM_GET_DIRTY_LOG ->
          Result.newBuilder()
              .setKvmGetDirtyLog(
                  KvmGetDirtyLogResponse.newBuilder()
                      .setDirtyBitmap(
                          vm.memory().getDirtyLog(operation.getKvmGetDirtyLog().getSlot())))
              .build();
      case KVM_CLEAR_DIRTY_LOG -> {
        vm.memory().clearDirtyLog(operation.getKvmClearDirtyLog());
        yield DIRTY_LOG_CLEARED;
      }
      default -> throw KernelError.notTty("a VM");
    };
  }

  private Result guestRead(GuestReadRequest arg) {
    int length = Task.moveable("length", arg.getLength());
    return Result.newBuilder().setGuestRead(vm.guest().read(arg.getGpa(), length)).build();
  }

  private Result guestWrite(GuestWriteRequest arg) {
    Task.moveable("bytes", arg.getBytes().size());
    return Result.newBuilder()
        .setGuestWrite(vm.guest().write(arg.getGpa(), arg.getBytes().toByteArray()))
        .build();
  }

  private Result createVcpu(Task caller, long id) {
    caller.files().reserve();
    // The kernel passes the id on as 32 bits.
    KvmVcpu vcpu = vm.createVcpu((int) id);
    int fd = caller.files().install(new KvmVcpuFile(kernel.ids(), vm, vcpu));
    return Result.newBuilder()
        .setKvmCreateVcpu(KvmCreateVcpuResponse.newBuilder().setRet(fd))
        .build();
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
    throw new KernelError(
        Errno.EINVAL,
        "a VM has no capability " + Integer.toUnsignedString(arg.getCap()) + " to enable");
  }

  @Override
  public void writeState(StateWriter out) {
    out.shared("vm", vm);
  }
}
