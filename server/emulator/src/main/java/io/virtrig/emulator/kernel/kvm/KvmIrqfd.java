package io.virtrig.emulator.kernel.kvm;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.kernel.irqbypass.IrqBypassConsumer;
import io.virtrig.emulator.kernel.irqbypass.IrqBypassProducer;
import io.virtrig.emulator.kernel.irqbypass.PostedInterrupt;
import io.virtrig.emulator.kernel.kvm.KvmIrqRoutingEntry.Msi;
import io.virtrig.emulator.kernel.kvm.KvmX86Ops.Called;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.time.Cost;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An irqfd (struct kvm_kernel_irqfd, virt/kvm/eventfd.c): each signal of an eventfd is an
 * interrupt. As a consumer of interrupts it may be joined with a device's vector, whose remapping
 * entry it then keeps in accord with its route (vmx_pi_update_irte).
 *
 * <p>The kernel puts what cannot be injected in the signaller's context on a work queue; here the
 * work is done at once, which is one of the orders that can happen.
 */
final class KvmIrqfd extends IrqBypassConsumer implements EventFd.Waiter {
  /** An entry of the interrupt remapping table that posts to a vCPU. */
  private record Posted(KvmVm vm, KvmLapic lapic, int vector, int gsi) implements PostedInterrupt {
    @Override
    public void deliver() {
      vm.clock().charge(Cost.POSTED_INTERRUPT);
      lapic.post(vector);
      vm.irqchip().deliveries().count(gsi, KvmDeliveries.Path.POSTED);
    }
  }

  private final KvmVm vm;
  private final EventFd eventfd;
  private final int gsi;
  private final @Nullable EventFd resamplefd;

  /** The GSI's route if it has exactly one. */
  private @Nullable KvmIrqRoutingEntry route;

  private @Nullable IrqBypassProducer producer;

  KvmIrqfd(KvmVm vm, EventFd eventfd, int gsi, @Nullable EventFd resamplefd) {
    super(eventfd);
    this.vm = vm;
    this.eventfd = eventfd;
    this.gsi = gsi;
    this.resamplefd = resamplefd;
    route = onlyRoute();
  }

  int gsi() {
    return gsi;
  }

  /** Signalled when the guest acknowledges the interrupt; null for an edge. */
  @Nullable EventFd resamplefd() {
    return resamplefd;
  }

  private @Nullable KvmIrqRoutingEntry onlyRoute() {
    List<KvmIrqRoutingEntry> entries = vm.irqchip().routing().entries(gsi);
    return entries.size() == 1 ? entries.getFirst() : null;
  }

  /** irqfd_wakeup: takes the count, whatever it is, and injects once, which kicks a vCPU. */
  @Override
  public boolean signalled() {
    vm.clock().charge(Cost.EVENTFD_WAKEUP);
    vm.clock().charge(Cost.KERNEL_EXIT);
    eventfd.take();
    KvmIrqRoutingEntry only = route;
    if (only == null || !vm.irqchip().setIrqInAtomic(only, gsi)) {
      inject();
    }
    return true;
  }

  @Override
  public void hangup() {
    vm.irqfds().remove(this);
  }

  /** irqfd_inject: an edge, or a level that stays up until the guest acknowledges it. */
  void inject() {
    KvmIrqchip irqchip = vm.irqchip();
    if (resamplefd != null) {
      irqchip.setIrq(gsi, KvmIrqchip.RESAMPLE_SOURCE, true, KvmDeliveries.Path.IRQFD_WORK);
      return;
    }
    irqchip.setIrq(gsi, KvmIrqchip.USERSPACE_SOURCE, true, KvmDeliveries.Path.IRQFD_WORK);
    irqchip.setIrq(gsi, KvmIrqchip.USERSPACE_SOURCE, false, KvmDeliveries.Path.IRQFD_WORK);
  }

  /** There is a new routing table. */
  void routingChanged() {
    KvmIrqRoutingEntry before = route;
    route = onlyRoute();
    if (producer == null) {
      return;
    }
    boolean sameMessage =
        before instanceof Msi(int lo, int hi, int data, int _, int _)
            && route instanceof Msi now
            && lo == now.addressLo()
            && hi == now.addressHi()
            && data == now.data();
    if (!sameMessage) {
      try {
        updateRemapping(producer, true);
      } catch (KernelError e) {
        // The kernel only warns: the entry stays as it was.
      }
    }
  }

  @Override
  protected String name() {
    return "VM " + vm.id() + ", GSI " + Integer.toUnsignedString(gsi);
  }

  @Override
  protected void addProducer(IrqBypassProducer joined) {
    vm.startAssignment();
    producer = joined;
    try {
      updateRemapping(joined, true);
    } catch (KernelError e) {
      producer = null;
      vm.endAssignment();
      throw e;
    }
  }

  @Override
  protected void delProducer(IrqBypassProducer joined) {
    producer = null;
    try {
      updateRemapping(joined, false);
    } catch (KernelError e) {
      // The kernel only logs it.
    }
    vm.endAssignment();
  }

  /**
   * Sets the remapping entry of the producer's host interrupt as the GSI's routes say.
   *
   * @param connected false: back to the host's handler
   */
  private void updateRemapping(IrqBypassProducer of, boolean connected) {
    List<KvmIrqRoutingEntry> entries = vm.irqchip().routing().entries(gsi);
    if (!vm.canPost() || entries.isEmpty()) {
      return;
    }
    PostedInterrupt target = null;
    for (KvmIrqRoutingEntry entry : entries) {
      if (connected && entry instanceof Msi msi) {
        target = posted(msi);
      }
    }
    if (vm.x86Ops().call(Called.UPDATE_PI_IRTE)) {
      of.setVcpuAffinity(target);
    }
  }

  /** Where a message can be posted to; null when it cannot. */
  private @Nullable PostedInterrupt posted(Msi msi) {
    KvmLapicIrq irq = vm.irqchip().message(msi);
    KvmLapic lapic = irq.postable() ? vm.irqchip().apics().single(irq) : null;
    if (lapic == null) {
      return null;
    }
    return new Posted(vm, lapic, irq.vector(), gsi);
  }

  @Override
  public void writeState(StateWriter out) {
    super.writeState(out);
    out.number("gsi", gsi);
    out.shared("eventfd", eventfd);
    if (resamplefd != null) {
      out.shared("resamplefd", resamplefd);
    }
  }
}
