package io.virtrig.emulator.vmm.intx;

import static io.virtrig.uapi.Kvm.*;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.vmm.CallRecord;
import io.virtrig.emulator.vmm.VirtualMachine;
import io.virtrig.v1.KvmIrqRoutingEntry;
import io.virtrig.v1.KvmIrqRoutingIrqchip;
import io.virtrig.v1.KvmIrqRoutingMsi;
import io.virtrig.v1.Result;
import io.virtrig.v1.VmmCall;
import java.util.ArrayList;
import java.util.List;

/** The VM's routing table, handed to KVM whole with each change (x86/irq.c and irq.c). */
final class IrqRoutes implements Stateful {
  private static final int PIC_PINS = 8;
  private static final int IOAPIC_PINS = 24;

  private final VirtualMachine vm;
  private final CallRecord calls;
  private final List<KvmIrqRoutingEntry> entries = new ArrayList<>();
  private int next = IOAPIC_PINS;

  /** The controllers' pins, GSI by GSI; the timer's is on pin 2 of the I/O APIC. */
  IrqRoutes(VirtualMachine vm, CallRecord calls) {
    this.vm = vm;
    this.calls = calls;
    for (int gsi = 0; gsi < PIC_PINS; gsi++) {
      if (gsi != 2) {
        pin(gsi, KVM_IRQCHIP_PIC_MASTER, gsi);
      }
    }
    for (int gsi = PIC_PINS; gsi < 2 * PIC_PINS; gsi++) {
      pin(gsi, KVM_IRQCHIP_PIC_SLAVE, gsi - PIC_PINS);
    }
    for (int gsi = 0; gsi < IOAPIC_PINS; gsi++) {
      if (gsi != 2) {
        pin(gsi, KVM_IRQCHIP_IOAPIC, gsi == 0 ? 2 : gsi);
      }
    }
  }

  private void pin(int gsi, int irqchip, int pin) {
    entries.add(
        KvmIrqRoutingEntry.newBuilder()
            .setGsi(gsi)
            .setType(KVM_IRQ_ROUTING_IRQCHIP)
            .setIrqchip(KvmIrqRoutingIrqchip.newBuilder().setIrqchip(irqchip).setPin(pin))
            .build());
  }

  /** irq__init: the table without messages. Its failure is the VMM's. */
  void set() {
    Result result = vm.setRouting(entries);
    if (result.hasErrno()) {
      throw KernelError.invalid("KVM_SET_GSI_ROUTING: " + result.getErrno().getCheck());
    }
  }

  /** irq__add_msix_route: the GSI of a new message; -1 when KVM refuses. */
  int add(long address, int data) {
    int gsi = next++;
    entries.add(message(gsi, address, data));
    return changed() ? gsi : -1;
  }

  /** irq__update_msix_route: nothing when the message is the same. */
  void update(int gsi, long address, int data) {
    KvmIrqRoutingEntry wanted = message(gsi, address, data);
    for (int i = 0; i < entries.size(); i++) {
      if (entries.get(i).getGsi() == gsi && !entries.get(i).equals(wanted)) {
        entries.set(i, wanted);
        var _ = changed();
        return;
      }
    }
  }

  private boolean changed() {
    Result result = vm.setRouting(entries);
    calls.add(
        VmmCall.newBuilder()
            .setCall("KVM_SET_GSI_ROUTING")
            .setCount(entries.size())
            .setErrno(result.getErrno().getName()));
    return !result.hasErrno();
  }

  private static KvmIrqRoutingEntry message(int gsi, long address, int data) {
    return KvmIrqRoutingEntry.newBuilder()
        .setGsi(gsi)
        .setType(KVM_IRQ_ROUTING_MSI)
        .setMsi(
            KvmIrqRoutingMsi.newBuilder()
                .setAddressLo((int) address)
                .setAddressHi((int) (address >>> Integer.SIZE))
                .setData(data))
        .build();
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("next", next);
    for (KvmIrqRoutingEntry entry : entries) {
      if (entry.hasMsi()) {
        out.hex(
            "gsi_" + entry.getGsi() + "_address",
            (long) entry.getMsi().getAddressHi() << Integer.SIZE
                | Integer.toUnsignedLong(entry.getMsi().getAddressLo()));
        out.hex("gsi_" + entry.getGsi() + "_data", entry.getMsi().getData());
      }
    }
  }
}
