package io.virtrig.emulator.kernel.kvm;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.AddressSpace;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.KernelObject;
import io.virtrig.emulator.state.StateWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * A virtual machine (struct kvm). It lives as long as its file or one of its vCPU or device files
 * is open; they hold it.
 */
final class KvmVm extends KernelObject {
  /** KVM_MAX_VCPUS: vCPUs a VM may have. */
  static final int MOST_VCPUS = 1024;

  /** KVM_MAX_VCPU_IDS: one above the highest id of a vCPU. */
  static final int VCPU_IDS = 4096;

  /** KVM_MAX_IRQ_ROUTES: entries of a routing table, and one above the highest GSI in it. */
  static final int MOST_ROUTES = 4096;

  private final Kernel kernel;
  private final AddressSpace creator;
  private final KvmMemory memory;
  private final GuestAccess guest;
  private final KvmIoBus mmio = new KvmIoBus();
  private final CoalescedRing coalescedRing = new CoalescedRing();

  /** In the order in which they were made. */
  private final List<KvmVcpu> vcpus = new ArrayList<>(1);

  KvmVm(Kernel kernel, AddressSpace creator) {
    super(kernel.ids());
    this.kernel = kernel;
    this.creator = creator;
    memory = new KvmMemory(kernel.configuration());
    guest = new GuestAccess(this, kernel, creator);
  }

  KvmMemory memory() {
    return memory;
  }

  GuestAccess guest() {
    return guest;
  }

  CoalescedRing coalescedRing() {
    return coalescedRing;
  }

  List<KvmVcpu> vcpus() {
    return vcpus;
  }

  /** Only the process that made the VM may use it. EIO. */
  void checkCaller(Task caller) {
    if (!creator.equals(caller.memory())) {
      throw new KernelError(Errno.EIO, "the caller's memory is not that of the VM's creator");
    }
  }

  /** A vCPU's read of up to 8 bytes outside memory; false when no device in the kernel answers. */
  boolean readMmio(long gpa, int length, byte[] to, int at) {
    return mmio.read(gpa, length, to, at);
  }

  /**
   * A vCPU's write of up to 8 bytes outside memory; false when no device in the kernel takes it.
   */
  boolean writeMmio(long gpa, int length, long value) {
    return mmio.write(gpa, length, value);
  }

  /** KVM_CREATE_VCPU. */
  KvmVcpu createVcpu(int vcpuId) {
    if (Integer.compareUnsigned(vcpuId, VCPU_IDS) >= 0) {
      throw KernelError.invalid(
          "vCPU id " + Integer.toUnsignedString(vcpuId) + " is not below " + VCPU_IDS);
    }
    if (vcpus.size() >= MOST_VCPUS) {
      throw KernelError.invalid("the VM has " + MOST_VCPUS + " vCPUs");
    }
    for (KvmVcpu vcpu : vcpus) {
      if (vcpu.vcpuId() == vcpuId) {
        throw new KernelError(Errno.EEXIST, "vCPU " + vcpuId + " exists");
      }
    }
    KvmVcpu vcpu = new KvmVcpu(kernel.ids(), this, vcpuId);
    vcpus.add(vcpu);
    return vcpu;
  }

  @Override
  public void writeState(StateWriter out) {
    out.child("memory", "", memory);
    out.child("coalesced_ring", "", coalescedRing);
    for (KvmVcpu vcpu : vcpus) {
      out.shared("vcpu", vcpu);
    }
  }
}
