package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.uapi.Kvm.KVM_IOAPIC_NUM_PINS;
import static io.virtrig.uapi.Kvm.KVM_IRQCHIP_IOAPIC;
import static io.virtrig.uapi.Kvm.KVM_IRQCHIP_PIC_MASTER;
import static io.virtrig.uapi.Kvm.KVM_IRQCHIP_PIC_SLAVE;
import static io.virtrig.uapi.Kvm.KVM_MSI_VALID_DEVID;
import static io.virtrig.uapi.Kvm.KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK;
import static io.virtrig.uapi.Kvm.KVM_X2APIC_API_USE_32BIT_IDS;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.event.EventLog;
import io.virtrig.emulator.kernel.kvm.KvmIrqRoutingEntry.HvSint;
import io.virtrig.emulator.kernel.kvm.KvmIrqRoutingEntry.IoapicPin;
import io.virtrig.emulator.kernel.kvm.KvmIrqRoutingEntry.Msi;
import io.virtrig.emulator.kernel.kvm.KvmIrqRoutingEntry.PicPin;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.KvmGetIrqchipResponse;
import io.virtrig.v1.KvmSetGsiRoutingRequest;
import io.virtrig.v1.KvmSignalMsiRequest;
import org.jspecify.annotations.Nullable;

/**
 * A VM's interrupt controllers and the way of an interrupt from its GSI to a vCPU
 * (virt/kvm/irqchip.c, arch/x86/kvm/irq_comm.c of Linux 6.1).
 */
final class KvmIrqchip implements Stateful {
  /** KVM_USERSPACE_IRQ_SOURCE_ID: who holds a line up. */
  static final int USERSPACE_SOURCE = 0;

  /** KVM_IRQFD_RESAMPLE_IRQ_SOURCE_ID. */
  static final int RESAMPLE_SOURCE = 1;

  /** Which controllers are in the kernel. */
  private enum Mode {
    NONE,
    KERNEL,
    SPLIT
  }

  private final KvmVm vm;
  private final KvmApics apics = new KvmApics(this);
  private final KvmDeliveries deliveries;
  private final KvmPic pic = new KvmPic();
  private @Nullable KvmIoapic ioapic;
  private Mode mode = Mode.NONE;
  private KvmIrqRoutingTable routing = new KvmIrqRoutingTable();
  private boolean x2apicFormat;

  KvmIrqchip(KvmVm vm, EventLog events) {
    this.vm = vm;
    deliveries = new KvmDeliveries(events, vm.id());
  }

  KvmApics apics() {
    return apics;
  }

  KvmX86Ops x86Ops() {
    return vm.x86Ops();
  }

  KvmDeliveries deliveries() {
    return deliveries;
  }

  KvmIrqRoutingTable routing() {
    return routing;
  }

  @Nullable KvmIoapic ioapic() {
    return ioapic;
  }

  /** Local APICs are in the kernel (irqchip_in_kernel). */
  boolean inKernel() {
    return mode != Mode.NONE;
  }

  /** PIC and I/O APIC are in the kernel too (irqchip_kernel). */
  boolean full() {
    return mode == Mode.KERNEL;
  }

  /** They are in user space (irqchip_split). */
  boolean split() {
    return mode == Mode.SPLIT;
  }

  /** KVM_CREATE_IRQCHIP. */
  void create() {
    checkNone();
    if (!vm.vcpus().isEmpty()) {
      throw KernelError.invalid("the VM has a vCPU already");
    }
    KvmIoapic created = new KvmIoapic(this);
    vm.mmio().register(KvmIoapic.BASE, KvmIoapic.LENGTH, created);
    ioapic = created;
    mode = Mode.KERNEL;
    route(KvmIrqRoutingTable.legacy());
  }

  /** KVM_ENABLE_CAP of KVM_CAP_SPLIT_IRQCHIP. */
  void enableSplit(long reservedRoutes) {
    if (Long.compareUnsigned(reservedRoutes, KvmVm.MOST_ROUTES) > 0) {
      throw KernelError.invalid(
          "args[0] " + Long.toUnsignedString(reservedRoutes) + " is above " + KvmVm.MOST_ROUTES);
    }
    checkNone();
    if (!vm.vcpus().isEmpty()) {
      throw new KernelError(Errno.EEXIST, "the VM has a vCPU already");
    }
    mode = Mode.SPLIT;
    route(new KvmIrqRoutingTable());
  }

  private void checkNone() {
    if (inKernel()) {
      throw new KernelError(Errno.EEXIST, "the VM has an irqchip already");
    }
  }

  /** KVM_ENABLE_CAP of KVM_CAP_X2APIC_API. What is on stays on. */
  void enableX2apicApi(long options) {
    long unknown =
        options & ~(KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK);
    if (unknown != 0) {
      throw KernelError.invalid("args[0] has unknown options 0x" + Long.toHexString(unknown));
    }
    if ((options & KVM_X2APIC_API_USE_32BIT_IDS) != 0) {
      x2apicFormat = true;
    }
    if ((options & KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK) != 0) {
      apics.disableBroadcastQuirk();
    }
  }

  /** KVM_SET_GSI_ROUTING. */
  void setRouting(KvmSetGsiRoutingRequest arg) {
    if (!inKernel()) {
      throw KernelError.invalid("the VM has no irqchip");
    }
    int count = arg.hasNr() ? arg.getNr() : arg.getEntriesCount();
    if (Integer.compareUnsigned(count, KvmVm.MOST_ROUTES) > 0) {
      throw KernelError.invalid(
          "nr " + Integer.toUnsignedString(count) + " is above " + KvmVm.MOST_ROUTES);
    }
    if (arg.getFlags() != 0) {
      throw KernelError.invalid("flags 0x" + Integer.toHexString(arg.getFlags()) + " is not 0");
    }
    if (count > arg.getEntriesCount()) {
      throw Refused.invalid(
          "entries", "nr is " + count + ", but there are " + arg.getEntriesCount());
    }
    route(KvmIrqRoutingTable.of(arg.getEntriesList().subList(0, count), this));
  }

  private void route(KvmIrqRoutingTable table) {
    routing = table;
    vm.irqfds().routingChanged();
  }

  /** Whether a message makes no sense in the format in force (kvm_msi_route_invalid). */
  boolean invalid(Msi msi) {
    return x2apicFormat && (msi.addressHi() & 0xff) != 0;
  }

  KvmLapicIrq message(Msi msi) {
    return KvmLapicIrq.ofMsi(msi.addressLo(), msi.addressHi(), msi.data(), x2apicFormat);
  }

  /**
   * A source sets its level of a GSI (kvm_set_irq).
   *
   * @return -1 without a route, or ignored by all controllers; otherwise the sum of what they say
   */
  int setIrq(int gsi, int source, boolean level, KvmDeliveries.Path path) {
    int result = -1;
    boolean byMessage = false;
    boolean byPin = false;
    for (KvmIrqRoutingEntry entry : routing.entries(gsi)) {
      int one = set(entry, source, level);
      if (one >= 0) {
        result = Math.max(result, 0) + one;
        byMessage |= one > 0 && entry instanceof Msi;
        byPin |= one > 0 && entry instanceof IoapicPin(int pin) && ioapic != null && ioapic.up(pin);
      }
    }
    if (byMessage) {
      deliveries.count(gsi, path);
    } else if (byPin) {
      deliveries.count(path);
    }
    return result;
  }

  private int set(KvmIrqRoutingEntry entry, int source, boolean level) {
    return switch (entry) {
      case Msi msi -> level && !invalid(msi) ? apics.deliver(message(msi)) : -1;
      case IoapicPin(int pin) -> ioapic == null ? -1 : ioapic.setIrq(pin, source, level);
      case PicPin(int pin) -> pic.setIrq(pin, source, level);
      case HvSint _ -> -1;
    };
  }

  /**
   * Delivers an irqfd's message where that needs no sleeping (kvm_arch_set_irq_inatomic).
   *
   * @return false when it has to go through the work queue
   */
  boolean setIrqInAtomic(KvmIrqRoutingEntry entry, int gsi) {
    switch (entry) {
      case Msi msi -> {
        if (invalid(msi)) {
          return true;
        }
        int taken = apics.deliverFast(message(msi));
        if (taken == KvmApics.UNRESOLVED) {
          return false;
        }
        if (taken > 0) {
          deliveries.count(gsi, KvmDeliveries.Path.IRQFD_DIRECT);
        }
        return true;
      }
      case HvSint _ -> {
        return true;
      }
      case PicPin _, IoapicPin _ -> {
        return false;
      }
    }
  }

  /** A vCPU took what an I/O APIC pin sent again. */
  void tookFromPin() {
    deliveries.count(KvmDeliveries.Path.IOAPIC_AGAIN);
  }

  /** Whether somebody waits for EOIs of an I/O APIC pin (kvm_irq_has_notifier). */
  boolean hasAckNotifier(int pin) {
    int gsi = routing.gsiOfIoapicPin(pin);
    return gsi >= 0 && vm.irqfds().resamples(gsi);
  }

  /** The guest has acknowledged an I/O APIC pin (kvm_notify_acked_irq). */
  void notifyAcked(int pin) {
    int gsi = routing.gsiOfIoapicPin(pin);
    if (gsi >= 0) {
      vm.irqfds().acknowledged(gsi);
    }
  }

  /**
   * KVM_IRQ_LINE and KVM_IRQ_LINE_STATUS.
   *
   * @return the status
   */
  int irqLine(int irq, boolean level) {
    if (!inKernel()) {
      throw new KernelError(Errno.ENXIO, "the VM has no irqchip");
    }
    return setIrq(irq, USERSPACE_SOURCE, level, KvmDeliveries.Path.IRQ_LINE);
  }

  /**
   * KVM_SIGNAL_MSI.
   *
   * @return how many vCPUs took it
   */
  int signalMsi(KvmSignalMsiRequest arg) {
    if (!inKernel()) {
      throw KernelError.invalid("the VM has no irqchip");
    }
    if ((arg.getFlags() & ~KVM_MSI_VALID_DEVID) != 0) {
      throw KernelError.invalid("unknown flags 0x" + Integer.toHexString(arg.getFlags()));
    }
    Msi msi =
        new Msi(
            arg.getAddressLo(), arg.getAddressHi(), arg.getData(), arg.getFlags(), arg.getDevid());
    if (invalid(msi)) {
      throw KernelError.invalid(
          "address_hi 0x" + Integer.toHexString(arg.getAddressHi()) + " has a low byte");
    }
    int taken = apics.deliver(message(msi));
    if (taken < 0) {
      throw new KernelError(Errno.EPERM, "the message is for no vCPU");
    }
    if (taken > 0) {
      deliveries.count(KvmDeliveries.Path.SIGNAL_MSI);
    }
    return taken;
  }

  /** KVM_GET_IRQCHIP. */
  KvmGetIrqchipResponse get(int chip) {
    KvmIoapic full = ioapic;
    if (full == null) {
      throw new KernelError(Errno.ENXIO, "the VM has no irqchip with PIC and I/O APIC");
    }
    KvmGetIrqchipResponse.Builder state = KvmGetIrqchipResponse.newBuilder().setChipId(chip);
    switch (chip) {
      case KVM_IRQCHIP_PIC_MASTER, KVM_IRQCHIP_PIC_SLAVE ->
          state.setLastIrr(pic.lastIrr(chip)).setIrr(pic.irr(chip));
      case KVM_IRQCHIP_IOAPIC -> {
        state
            .setBaseAddress(KvmIoapic.BASE)
            .setIoregsel(full.select())
            .setId(full.id())
            .setIrr(full.irr());
        for (int pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++) {
          state.addRedirtbl(full.redirection(pin));
        }
      }
      default -> throw KernelError.invalid("there is no irqchip " + Integer.toUnsignedString(chip));
    }
    return state.build();
  }

  @Override
  public void writeState(StateWriter out) {
    out.text("mode", mode.name());
    out.flag("x2apic_format", x2apicFormat);
    if (ioapic != null) {
      out.child("pic", "", pic);
      out.child("ioapic", "", ioapic);
    }
    out.child("routing", "", routing);
    out.child("deliveries", "", deliveries);
  }
}
