package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.uapi.Kvm.KVM_API_VERSION;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.spec.Arch;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.v1.KvmCheckExtensionResponse;
import io.virtrig.v1.KvmCreateVmResponse;
import io.virtrig.v1.KvmGetApiVersionResponse;
import io.virtrig.v1.KvmGetVcpuMmapSizeResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.wire.Results;

/** An open {@code /dev/kvm} (virt/kvm/kvm_main.c, kvm_dev_ioctl). */
public final class Kvm extends OpenFile {
  private final Kernel kernel;

  /**
   * Opens it.
   *
   * @throws Refused on hosts whose virtualization is not simulated
   */
  public Kvm(Kernel kernel) {
    if (kernel.configuration().arch() != Arch.X86_64) {
      throw Refused.unimplemented("path", "KVM is simulated on x86_64 only");
    }
    super(kernel.ids());
    this.kernel = kernel;
  }

  /** The number of KVM_CAP_PCI_HOLE_MEM on a host; 0 where the series is not applied. */
  static int pciHoleCapability(HostConfiguration configuration) {
    if (configuration.kvmSeries("pci-hole-v2")) {
      return 187;
    }
    return configuration.kvmSeries("pci-hole-v1") ? 186 : 0;
  }

  @Override
  public Result ioctl(Task caller, Operation operation) {
    return switch (operation.getOpCase()) {
      case KVM_GET_API_VERSION -> {
        checkUnused(operation.getKvmGetApiVersion().getValue());
        yield Results.of(KvmGetApiVersionResponse.newBuilder().setRet(KVM_API_VERSION));
      }
      case KVM_CREATE_VM -> createVm(caller, operation.getKvmCreateVm().getValue());
      case KVM_CHECK_EXTENSION ->
          checkExtension(kernel.configuration(), operation.getKvmCheckExtension().getValue());
      case KVM_GET_VCPU_MMAP_SIZE -> {
        checkUnused(operation.getKvmGetVcpuMmapSize().getValue());
        yield Results.of(KvmGetVcpuMmapSizeResponse.newBuilder().setRet(KvmVcpu.MMAP_SIZE));
      }
      case GUEST_READ, GUEST_WRITE, GUEST_IRQS ->
          throw Refused.invalid("target_fd", "/dev/kvm is no VM");
      default -> throw KernelError.invalid("/dev/kvm does not know this ioctl");
    };
  }

  private static void checkUnused(long value) {
    if (value != 0) {
      throw KernelError.invalid("the argument " + Long.toUnsignedString(value) + " is not 0");
    }
  }

  private Result createVm(Task caller, long type) {
    caller.files().reserve();
    if (type != 0) {
      throw KernelError.invalid("there is no VM type " + Long.toUnsignedString(type));
    }
    int fd = caller.files().install(new KvmVmFile(kernel, new KvmVm(kernel, caller.memory())));
    return Results.of(KvmCreateVmResponse.newBuilder().setRet(fd));
  }

  /** KVM_CHECK_EXTENSION, the same on /dev/kvm and on a VM. */
  static Result checkExtension(HostConfiguration configuration, long extension) {
    return Results.of(
        KvmCheckExtensionResponse.newBuilder()
            .setRet(KvmExtensions.value(configuration, extension)));
  }

  @Override
  public void writeState(StateWriter out) {}
}
