package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.uapi.Kvm.KVM_IRQFD_FLAG_DEASSIGN;
import static io.virtrig.uapi.Kvm.KVM_IRQFD_FLAG_RESAMPLE;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.event.EventLog;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.kernel.eventfd.EventFdFile;
import io.virtrig.emulator.kernel.irqbypass.IrqBypassManager;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.EventKind;
import io.virtrig.v1.KvmIrqfdRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.agrona.collections.Int2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A VM's irqfds and resamplers (virt/kvm/eventfd.c of Linux 6.1). An eventfd has at most one irqfd
 * in a VM; the resampling irqfds of a GSI share one line.
 */
final class KvmIrqfds implements Stateful {
  private final KvmVm vm;
  private final IrqBypassManager bypass;
  private final EventLog events;

  /** By the eventfd's identity, in the order in which they were assigned. */
  private final LinkedHashMap<Integer, KvmIrqfd> irqfds = new LinkedHashMap<>();

  /** The eventfds to signal at an EOI, by GSI: one for each resampling irqfd, the latest first. */
  private final Int2ObjectHashMap<List<EventFd>> resamplers = new Int2ObjectHashMap<>();

  KvmIrqfds(KvmVm vm, Kernel kernel) {
    this.vm = vm;
    bypass = kernel.irqBypass();
    events = kernel.events();
  }

  /** KVM_IRQFD. */
  void irqfd(Task caller, KvmIrqfdRequest arg) {
    int unknown = arg.getFlags() & ~(KVM_IRQFD_FLAG_DEASSIGN | KVM_IRQFD_FLAG_RESAMPLE);
    if (unknown != 0) {
      throw KernelError.invalid("unknown flags 0x" + Integer.toHexString(unknown));
    }
    if ((arg.getFlags() & KVM_IRQFD_FLAG_DEASSIGN) != 0) {
      deassign(EventFdFile.context(caller, arg.getFd()), arg.getGsi());
    } else {
      assign(caller, arg);
    }
  }

  private void assign(Task caller, KvmIrqfdRequest arg) {
    boolean resample = (arg.getFlags() & KVM_IRQFD_FLAG_RESAMPLE) != 0;
    if (resample ? !vm.irqchip().full() : !vm.irqchip().inKernel()) {
      throw KernelError.invalid(
          resample
              ? "the VM has no irqchip with PIC and I/O APIC, which resampling needs"
              : "the VM has no irqchip");
    }
    int gsi = arg.getGsi();
    EventFd eventfd = EventFdFile.context(caller, arg.getFd());
    EventFd resamplefd = null;
    if (resample) {
      resamplefd = EventFdFile.context(caller, arg.getResamplefd());
      resamplers.computeIfAbsent(gsi, _ -> new ArrayList<>(1)).addFirst(resamplefd);
    }
    if (irqfds.containsKey(eventfd.id())) {
      stopResampling(gsi, resamplefd);
      throw new KernelError(
          Errno.EBUSY, "the eventfd of fd " + arg.getFd() + " has an irqfd in this VM");
    }
    KvmIrqfd irqfd = new KvmIrqfd(vm, eventfd, gsi, resamplefd);
    irqfds.put(eventfd.id(), irqfd);
    eventfd.addPriorityWaiter(irqfd);
    if (eventfd.count() != 0) {
      irqfd.inject();
    }
    try {
      bypass.registerConsumer(irqfd);
    } catch (KernelError e) {
      // The irqfd works by its eventfd alone.
      events.record(
          EventKind.EVENT_KIND_INTERRUPT,
          irqfd.name(),
          "irq bypass consumer registration fails: " + e.errno() + ", " + e.getMessage());
    }
  }

  private void deassign(EventFd eventfd, int gsi) {
    KvmIrqfd irqfd = irqfds.get(eventfd.id());
    if (irqfd != null && irqfd.gsi() == gsi) {
      remove(irqfd);
    }
  }

  /** irqfd_shutdown. */
  void remove(KvmIrqfd irqfd) {
    irqfds.remove(irqfd.token().id());
    irqfd.token().removeWaiter(irqfd);
    stopResampling(irqfd.gsi(), irqfd.resamplefd());
    bypass.unregisterConsumer(irqfd);
  }

  /** irqfd_resampler_shutdown: with the last one the line goes down, and nobody is signalled. */
  private void stopResampling(int gsi, @Nullable EventFd resamplefd) {
    List<EventFd> sharing = resamplers.get(gsi);
    if (resamplefd == null || sharing == null) {
      return;
    }
    sharing.remove(resamplefd);
    if (sharing.isEmpty()) {
      resamplers.remove(gsi);
      lowerLine(gsi);
    }
  }

  private void lowerLine(int gsi) {
    vm.irqchip().setIrq(gsi, KvmIrqchip.RESAMPLE_SOURCE, false, KvmDeliveries.Path.IRQFD_WORK);
  }

  /** The VM's file is closed: all end (kvm_irqfd_release). */
  void release() {
    for (KvmIrqfd irqfd : List.copyOf(irqfds.values())) {
      remove(irqfd);
    }
  }

  /** There is a new routing table (kvm_irq_routing_update). */
  void routingChanged() {
    irqfds.values().forEach(KvmIrqfd::routingChanged);
  }

  /** Whether EOIs of a GSI matter. */
  boolean resamples(int gsi) {
    return resamplers.containsKey(gsi);
  }

  /** The guest has acknowledged a GSI (irqfd_resampler_ack). */
  void acknowledged(int gsi) {
    List<EventFd> sharing = resamplers.get(gsi);
    if (sharing == null) {
      return;
    }
    lowerLine(gsi);
    for (EventFd resamplefd : List.copyOf(sharing)) {
      resamplefd.signal();
    }
  }

  @Override
  public void writeState(StateWriter out) {
    irqfds.forEach((token, irqfd) -> out.child("irqfd", "EventFd#" + token, irqfd));
  }
}
