package io.virtrig.emulator.kernel.kvm;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.kvm.KvmIoeventfd.Bus;
import io.virtrig.emulator.kernel.kvm.KvmX86Ops.Called;
import io.virtrig.emulator.kernel.process.AddressSpace;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.KernelObject;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.time.VirtualClock;
import io.virtrig.v1.IommuSpec;
import io.virtrig.v1.KernelSpec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
  private final KvmIoBus pio = new KvmIoBus();
  private final KvmIoBus ccwNotify = new KvmIoBus();
  private final CoalescedRing coalescedRing = new CoalescedRing();
  private final List<CoalescedZone> coalescedZones = new ArrayList<>(0);
  private final KvmIrqfds irqfds;
  private final KvmIoeventfds ioeventfds = new KvmIoeventfds(this);
  private final KvmIrqchip irqchip;
  private final KvmSev sev;

  /** In the order in which they were made. */
  private final List<KvmVcpu> vcpus = new ArrayList<>(1);

  private int bootCpuId;
  private int assigned;
  private int files;
  private boolean vfioDevice;

  KvmVm(Kernel kernel, AddressSpace creator) {
    super(kernel.ids());
    this.kernel = kernel;
    this.creator = creator;
    memory = new KvmMemory(kernel.configuration());
    guest = new GuestAccess(this, kernel, creator);
    irqchip = new KvmIrqchip(this, kernel.events());
    irqfds = new KvmIrqfds(this, kernel);
    sev = new KvmSev(kernel, this);
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

  KvmIrqchip irqchip() {
    return irqchip;
  }

  KvmSev sev() {
    return sev;
  }

  KvmX86Ops x86Ops() {
    return kernel.x86Ops();
  }

  /** One more file holds the VM. */
  void get() {
    files++;
  }

  /** A file lets go of it; with the last one it is destroyed (kvm_destroy_vm). */
  void put() {
    if (--files == 0) {
      sev.release();
    }
  }

  KvmIrqfds irqfds() {
    return irqfds;
  }

  KvmIoeventfds ioeventfds() {
    return ioeventfds;
  }

  /** The bus of guest physical addresses. */
  KvmIoBus mmio() {
    return mmio;
  }

  KvmIoBus bus(Bus which) {
    return switch (which) {
      case MMIO -> mmio;
      case PIO -> pio;
      case VIRTIO_CCW_NOTIFY -> ccwNotify;
    };
  }

  /** The local APIC of the vCPU that makes the guest's accesses: the first one's. */
  private @Nullable KvmLapic accessingLapic(long gpa) {
    boolean inRange = gpa >= KvmLapic.BASE && gpa < KvmLapic.BASE + KvmLapic.LENGTH;
    return inRange && !vcpus.isEmpty() ? vcpus.getFirst().lapic() : null;
  }

  /** A vCPU's read of up to 8 bytes outside memory; false when no device in the kernel answers. */
  boolean readMmio(long gpa, int length, byte[] to, int at) {
    KvmLapic lapic = accessingLapic(gpa);
    if (lapic == null) {
      return mmio.read(gpa, length, to, at);
    }
    int offset = (int) (gpa - KvmLapic.BASE);
    int inRegister = offset & 0xf;
    if (inRegister + length <= Integer.BYTES) {
      int value = lapic.read(offset);
      for (int i = 0; i < length; i++) {
        to[at + i] = (byte) (value >>> (8 * (inRegister + i)));
      }
    }
    return true;
  }

  /**
   * A vCPU's write of up to 8 bytes outside memory; false when no device in the kernel takes it.
   */
  boolean writeMmio(long gpa, int length, long value) {
    KvmLapic lapic = accessingLapic(gpa);
    if (lapic == null) {
      return mmio.write(gpa, length, value);
    }
    int offset = (int) (gpa - KvmLapic.BASE);
    if (length == Integer.BYTES && (offset & 0xf) == 0) {
      lapic.write(offset, (int) value);
    }
    return true;
  }

  /** KVM_REGISTER_COALESCED_MMIO. */
  void registerCoalesced(long address, int size, int onPorts) {
    checkPio(onPorts);
    CoalescedZone zone = new CoalescedZone(coalescedRing, address, size, onPorts == 1);
    (zone.pio() ? pio : mmio).register(address, size, zone);
    coalescedZones.add(zone);
  }

  /** KVM_UNREGISTER_COALESCED_MMIO: every zone that holds the range goes. */
  void unregisterCoalesced(long address, int size, int onPorts) {
    checkPio(onPorts);
    for (CoalescedZone zone : List.copyOf(coalescedZones)) {
      if (zone.pio() == (onPorts == 1) && zone.holds(address, size)) {
        (zone.pio() ? pio : mmio).unregister(zone);
        coalescedZones.remove(zone);
      }
    }
  }

  private static void checkPio(int onPorts) {
    if (onPorts != 0 && onPorts != 1) {
      throw KernelError.invalid("pio " + Integer.toUnsignedString(onPorts) + " is not 0 or 1");
    }
  }

  /** KVM_SET_BOOT_CPU_ID. */
  void setBootCpuId(int id) {
    if (!vcpus.isEmpty()) {
      throw new KernelError(Errno.EBUSY, "the VM has a vCPU already");
    }
    bootCpuId = id;
  }

  /** A device, or a vector of one, is given to the VM (kvm_arch_start_assignment). */
  void startAssignment() {
    assigned++;
  }

  /** Undoes {@link #startAssignment}. */
  void endAssignment() {
    assigned--;
  }

  /** The host's virtual time. */
  VirtualClock clock() {
    return kernel.clock();
  }

  /** Whether interrupts of devices can be posted to its vCPUs at all (vmx_can_use_vtd_pi). */
  boolean canPost() {
    KernelSpec configured = kernel.configuration().spec().getKernel();
    IommuSpec iommu = kernel.configuration().spec().getIommu();
    return kernel.x86Ops().call(Called.CHECK_APICV_INHIBIT_REASONS)
        && irqchip.inKernel()
        && configured.getApicv()
        && !sev.active()
        && assigned > 0
        && iommu.getPostedInterrupts();
  }

  /** A VM has one VFIO device. EBUSY. */
  void checkNoVfioDevice() {
    if (vfioDevice) {
      throw new KernelError(Errno.EBUSY, "the VM has a VFIO device already");
    }
  }

  /** Makes the VFIO device, which there is none of. */
  KvmVfioDevice createVfioDevice() {
    vfioDevice = true;
    return new KvmVfioDevice(kernel, this);
  }

  void vfioDeviceClosed() {
    vfioDevice = false;
  }

  /** Whether a vCPU with that id can be made. EINVAL, EEXIST. */
  void checkNewVcpu(int vcpuId) {
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
  }

  /** Makes a vCPU, which has been checked. */
  KvmVcpu createVcpu(int vcpuId) {
    KvmLapic lapic = irqchip.inKernel() ? irqchip.apics().add(vcpuId, vcpuId == bootCpuId) : null;
    KvmVcpu vcpu = new KvmVcpu(kernel.ids(), this, vcpuId, lapic);
    vcpus.add(vcpu);
    return vcpu;
  }

  @Override
  public void writeState(StateWriter out) {
    out.child("memory", "", memory);
    out.number("boot_cpu_id", bootCpuId);
    out.number("assigned_devices", assigned);
    out.flag("vfio_device", vfioDevice);
    out.child("irqchip", "", irqchip);
    out.child("sev", "", sev);
    out.child("irqfds", "", irqfds);
    out.child("ioeventfds", "", ioeventfds);
    out.child("mmio", "", mmio);
    out.child("pio", "", pio);
    out.child("ccw_notify", "", ccwNotify);
    out.child("coalesced_ring", "", coalescedRing);
    for (CoalescedZone zone : coalescedZones) {
      out.child("coalesced_zone", "", zone);
    }
    for (KvmVcpu vcpu : vcpus) {
      out.shared("vcpu", vcpu);
    }
  }
}
