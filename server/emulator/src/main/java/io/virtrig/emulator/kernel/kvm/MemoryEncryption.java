package io.virtrig.emulator.kernel.kvm;

import com.google.protobuf.Message;
import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.kvm.KvmX86Ops.Called;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.v1.KvmMemEncOpRequest;
import io.virtrig.v1.KvmMemEncOpResponse;
import io.virtrig.v1.KvmMemEncRegisterRegionRequest;
import io.virtrig.v1.KvmMemEncRegisterRegionResponse;
import io.virtrig.v1.KvmMemEncUnregisterRegionRequest;
import io.virtrig.v1.KvmMemEncUnregisterRegionResponse;
import io.virtrig.v1.KvmMemoryEncryptOpRequest;
import io.virtrig.v1.KvmMemoryEncryptOpResponse;
import io.virtrig.v1.KvmMemoryEncryptRegRegionRequest;
import io.virtrig.v1.KvmMemoryEncryptRegRegionResponse;
import io.virtrig.v1.KvmMemoryEncryptUnregRegionRequest;
import io.virtrig.v1.KvmMemoryEncryptUnregRegionResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.wire.Results;
import java.util.function.Function;

/**
 * The three ioctls of memory encryption, each under its name in Linux and the one of "KVM: x86:
 * Change names of some of the kvm_x86_ops functions", 2020 (kvm_arch_vm_ioctl). They go to members
 * of the vendor module, and are unknown where it does not fill them.
 */
final class MemoryEncryption {

  private MemoryEncryption() {}

  static Result ioctl(KvmVm vm, Task caller, Operation operation) {
    return switch (operation.getOpCase()) {
      case KVM_MEMORY_ENCRYPT_OP -> {
        KvmMemoryEncryptOpRequest arg = operation.getKvmMemoryEncryptOp();
        SevCommand command =
            new SevCommand(arg.getId(), arg.getSevFd(), arg.getError(), arg.getData());
        yield Results.of(command(vm, caller, command, MemoryEncryption::inLinux));
      }
      case KVM_MEM_ENC_OP -> {
        KvmMemEncOpRequest arg = operation.getKvmMemEncOp();
        SevCommand command =
            new SevCommand(arg.getId(), arg.getSevFd(), arg.getError(), arg.getData());
        yield Results.of(command(vm, caller, command, MemoryEncryption::inSeries));
      }
      case KVM_MEMORY_ENCRYPT_REG_REGION -> {
        KvmMemoryEncryptRegRegionRequest arg = operation.getKvmMemoryEncryptRegRegion();
        register(vm, caller, arg.getAddr(), arg.getSize());
        yield Results.of(KvmMemoryEncryptRegRegionResponse.getDefaultInstance());
      }
      case KVM_MEM_ENC_REGISTER_REGION -> {
        KvmMemEncRegisterRegionRequest arg = operation.getKvmMemEncRegisterRegion();
        register(vm, caller, arg.getAddr(), arg.getSize());
        yield Results.of(KvmMemEncRegisterRegionResponse.getDefaultInstance());
      }
      case KVM_MEMORY_ENCRYPT_UNREG_REGION -> {
        KvmMemoryEncryptUnregRegionRequest arg = operation.getKvmMemoryEncryptUnregRegion();
        unregister(vm, arg.getAddr(), arg.getSize());
        yield Results.of(KvmMemoryEncryptUnregRegionResponse.getDefaultInstance());
      }
      case KVM_MEM_ENC_UNREGISTER_REGION -> {
        KvmMemEncUnregisterRegionRequest arg = operation.getKvmMemEncUnregisterRegion();
        unregister(vm, arg.getAddr(), arg.getSize());
        yield Results.of(KvmMemEncUnregisterRegionResponse.getDefaultInstance());
      }
      default -> throw KernelError.notTty("a VM");
    };
  }

  private static void require(KvmVm vm, Called member) {
    if (!vm.x86Ops().call(member)) {
      throw new KernelError(Errno.ENOTTY, "the vendor module has no memory encryption");
    }
  }

  /** Executes the command; what the firmware wrote goes back also when it failed. */
  private static <T extends Message> T command(
      KvmVm vm, Task caller, SevCommand command, Function<SevCommand, T> written) {
    try {
      require(vm, Called.MEM_ENC_OP);
      vm.sev().command(caller, command);
    } catch (KernelError e) {
      throw new KernelError(e.errno(), String.valueOf(e.getMessage()), written.apply(command));
    }
    return written.apply(command);
  }

  private static KvmMemoryEncryptOpResponse inLinux(SevCommand command) {
    return KvmMemoryEncryptOpResponse.newBuilder()
        .setId(command.id())
        .setSevFd(command.sevFd())
        .setError(command.error())
        .setData(command.data())
        .build();
  }

  private static KvmMemEncOpResponse inSeries(SevCommand command) {
    return KvmMemEncOpResponse.newBuilder()
        .setId(command.id())
        .setSevFd(command.sevFd())
        .setError(command.error())
        .setData(command.data())
        .build();
  }

  private static void register(KvmVm vm, Task caller, long addr, long size) {
    require(vm, Called.MEM_ENC_REGISTER_REGION);
    vm.sev().register(caller, addr, size);
  }

  private static void unregister(KvmVm vm, long addr, long size) {
    require(vm, Called.MEM_ENC_UNREGISTER_REGION);
    vm.sev().unregister(addr, size);
  }
}
