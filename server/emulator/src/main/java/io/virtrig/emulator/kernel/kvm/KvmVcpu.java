package io.virtrig.emulator.kernel.kvm;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.process.DeviceMemory;
import io.virtrig.emulator.state.KernelObject;
import io.virtrig.emulator.state.ObjectIds;
import io.virtrig.emulator.state.StateHash;
import io.virtrig.emulator.state.StateWriter;
import org.jspecify.annotations.Nullable;

/** A vCPU (struct kvm_vcpu). */
final class KvmVcpu extends KernelObject {
  /** KVM_GET_VCPU_MMAP_SIZE: the kvm_run page, a page for port I/O, the coalesced ring. */
  static final int MMAP_SIZE = 3 * 4096;

  /** Where the coalesced ring, which all vCPUs of a VM share, begins in a mapping. */
  private static final int RING = 2 * 4096;

  private final KvmVm vm;
  private final int vcpuId;
  private final @Nullable KvmLapic lapic;
  private byte @Nullable [] run;

  /**
   * A new vCPU.
   *
   * @param lapic its local APIC, if the VM has them in the kernel
   */
  KvmVcpu(ObjectIds ids, KvmVm vm, int vcpuId, @Nullable KvmLapic lapic) {
    super(ids);
    this.vm = vm;
    this.vcpuId = vcpuId;
    this.lapic = lapic;
  }

  /** The number it was made with. */
  int vcpuId() {
    return vcpuId;
  }

  /** Its local APIC; null when user space has it. */
  @Nullable KvmLapic lapic() {
    return lapic;
  }

  /**
   * What a mapping of its file reaches.
   *
   * @param base the mapping's offset in the file
   */
  DeviceMemory mapping(long base) {
    return new DeviceMemory() {
      @Override
      public void read(long offset, byte[] to, int at, int length) {
        for (int i = 0; i < length; i++) {
          to[at + i] = load(base + offset + i);
        }
      }

      @Override
      public void write(long offset, byte[] from, int at, int length) {
        for (int i = 0; i < length; i++) {
          store(base + offset + i, from[at + i]);
        }
      }
    };
  }

  private static void checkMapped(long offset) {
    if (offset < 0 || offset >= MMAP_SIZE) {
      throw KernelError.fault("nothing is mapped beyond the vCPU's " + MMAP_SIZE + " bytes");
    }
  }

  private byte load(long offset) {
    checkMapped(offset);
    if (offset >= RING) {
      return vm.coalescedRing().load((int) offset - RING);
    }
    return run == null ? 0 : run[(int) offset];
  }

  private void store(long offset, byte value) {
    checkMapped(offset);
    if (offset >= RING) {
      vm.coalescedRing().store((int) offset - RING, value);
      return;
    }
    if (run == null) {
      run = new byte[RING];
    }
    run[(int) offset] = value;
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("vcpu_id", vcpuId);
    if (lapic != null) {
      out.child("lapic", "", lapic);
    }
    if (run != null) {
      out.hex("run", StateHash.ofBytes(run));
    }
  }
}
