package io.virtrig.emulator.vmm;

import static io.virtrig.uapi.Kvm.*;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.KvmCheckExtensionRequest;
import io.virtrig.v1.KvmCreateDeviceRequest;
import io.virtrig.v1.KvmCreateIrqchipRequest;
import io.virtrig.v1.KvmCreateVcpuRequest;
import io.virtrig.v1.KvmCreateVmRequest;
import io.virtrig.v1.KvmGetApiVersionRequest;
import io.virtrig.v1.KvmIrqLineStatusRequest;
import io.virtrig.v1.KvmIrqRoutingEntry;
import io.virtrig.v1.KvmIrqfdRequest;
import io.virtrig.v1.KvmSetDeviceAttrRequest;
import io.virtrig.v1.KvmSetGsiRoutingRequest;
import io.virtrig.v1.KvmSetUserMemoryRegionRequest;
import io.virtrig.v1.KvmSignalMsiRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.wire.Operations;
import java.util.List;

/** A VM as its VMM has it: KVM's descriptors, the interrupt controllers, one vCPU, memory. */
public final class VirtualMachine implements Stateful {
  private final Program program;
  private final GuestMemory memory;
  private final int kvm;
  private int vm = -1;
  private int vcpu = -1;
  private int vfioDevice = -1;

  /** Makes it; what fails leaves nothing behind. */
  public VirtualMachine(Program program, long ram, long hole) {
    this.program = program;
    memory = new GuestMemory(program, ram, hole);
    int opened = -1;
    try {
      opened = program.open("/dev/kvm");
      kvm = opened;
      create();
    } catch (KernelError | Refused e) {
      closeAll(opened);
      throw e;
    }
  }

  private void create() {
    long version =
        program
            .call(
                Operations.of(
                    KvmGetApiVersionRequest.newBuilder().setPid(program.pid()).setTargetFd(kvm)))
            .getKvmGetApiVersion()
            .getRet();
    if (version != KVM_API_VERSION) {
      throw KernelError.invalid("KVM has version " + version);
    }
    vm =
        (int)
            program
                .call(
                    Operations.of(
                        KvmCreateVmRequest.newBuilder().setPid(program.pid()).setTargetFd(kvm)))
                .getKvmCreateVm()
                .getRet();
    var _ =
        program.call(
            Operations.of(
                KvmCreateIrqchipRequest.newBuilder().setPid(program.pid()).setTargetFd(vm)));
    for (int slot = 0; slot < memory.banks(); slot++) {
      GuestMemory.Bank bank = memory.bank(slot);
      var _ =
          program.call(
              Operations.of(
                  KvmSetUserMemoryRegionRequest.newBuilder()
                      .setPid(program.pid())
                      .setTargetFd(vm)
                      .setSlot(slot)
                      .setGuestPhysAddr(bank.gpa())
                      .setMemorySize(bank.size())
                      .setUserspaceAddr(bank.address())));
    }
    vcpu =
        (int)
            program
                .call(
                    Operations.of(
                        KvmCreateVcpuRequest.newBuilder().setPid(program.pid()).setTargetFd(vm)))
                .getKvmCreateVcpu()
                .getRet();
  }

  /** The VM's descriptor. */
  public int fd() {
    return vm;
  }

  /** The guest's memory. */
  public GuestMemory memory() {
    return memory;
  }

  /** Tells KVM of a VFIO group, by its device for that, which is made with the first. */
  public void addGroup(int group) {
    if (vfioDevice < 0) {
      vfioDevice =
          program
              .call(
                  Operations.of(
                      KvmCreateDeviceRequest.newBuilder()
                          .setPid(program.pid())
                          .setTargetFd(vm)
                          .setType(KVM_DEV_TYPE_VFIO)))
              .getKvmCreateDevice()
              .getFd();
    }
    var _ = program.call(attribute(KVM_DEV_VFIO_GROUP_ADD, group));
  }

  /** Takes a group away from KVM. */
  public void removeGroup(int group) {
    var _ = program.attempt(attribute(KVM_DEV_VFIO_GROUP_DEL, group));
  }

  private Operation attribute(int attribute, int group) {
    return Operations.of(
        KvmSetDeviceAttrRequest.newBuilder()
            .setPid(program.pid())
            .setTargetFd(vfioDevice)
            .setGroup(KVM_DEV_VFIO_GROUP)
            .setAttr(attribute)
            .setFd(group));
  }

  /** KVM_CHECK_EXTENSION. */
  public boolean offers(int extension) {
    return program
            .call(
                Operations.of(
                    KvmCheckExtensionRequest.newBuilder()
                        .setPid(program.pid())
                        .setTargetFd(vm)
                        .setValue(extension)))
            .getKvmCheckExtension()
            .getRet()
        != 0;
  }

  /** KVM_IRQ_LINE_STATUS. */
  public void line(int gsi, boolean level) {
    var _ =
        program.attempt(
            Operations.of(
                KvmIrqLineStatusRequest.newBuilder()
                    .setPid(program.pid())
                    .setTargetFd(vm)
                    .setIrq(gsi)
                    .setLevel(level ? 1 : 0)));
  }

  /** KVM_IRQFD. */
  public Result irqfd(KvmIrqfdRequest.Builder request) {
    return program.attempt(Operations.of(request.setPid(program.pid()).setTargetFd(vm)));
  }

  /** KVM_SET_GSI_ROUTING. */
  public Result setRouting(List<KvmIrqRoutingEntry> entries) {
    return program.attempt(
        Operations.of(
            KvmSetGsiRoutingRequest.newBuilder()
                .setPid(program.pid())
                .setTargetFd(vm)
                .addAllEntries(entries)));
  }

  /** KVM_SIGNAL_MSI. */
  public void message(long address, int data) {
    var _ =
        program.attempt(
            Operations.of(
                KvmSignalMsiRequest.newBuilder()
                    .setPid(program.pid())
                    .setTargetFd(vm)
                    .setAddressLo((int) address)
                    .setAddressHi((int) (address >>> Integer.SIZE))
                    .setData(data)));
  }

  /** Closes and unmaps all of it. */
  public void close() {
    closeAll(kvm);
  }

  private void closeAll(int opened) {
    for (int fd : new int[] {vfioDevice, vcpu, vm, opened}) {
      if (fd >= 0) {
        program.close(fd);
      }
    }
    memory.unmap();
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("kvm", kvm);
    out.number("vm", vm);
    out.number("vcpu", vcpu);
    out.number("vfio_device", vfioDevice);
    out.child("memory", "", memory);
  }
}
