package io.virtrig.emulator.vmm;

import static io.virtrig.uapi.Kvm.*;

import io.virtrig.v1.KvmIrqRoutingEntry;
import io.virtrig.v1.KvmIrqRoutingIrqchip;
import io.virtrig.v1.KvmIrqRoutingMsi;
import java.util.ArrayList;
import java.util.List;

/** Entries of a VM's routing table, as both VMMs make them for a PC. */
public final class RoutingEntries {
  /** Pins of the I/O APIC. */
  public static final int IOAPIC_PINS = 24;

  private static final int PIC_PINS = 8;

  private RoutingEntries() {}

  /** The controllers' pins, GSI by GSI; the timer's is on pin 2 of the I/O APIC. */
  public static List<KvmIrqRoutingEntry> pins() {
    List<KvmIrqRoutingEntry> entries = new ArrayList<>();
    for (int gsi = 0; gsi < PIC_PINS; gsi++) {
      if (gsi != 2) {
        entries.add(pin(gsi, KVM_IRQCHIP_PIC_MASTER, gsi));
      }
    }
    for (int gsi = PIC_PINS; gsi < 2 * PIC_PINS; gsi++) {
      entries.add(pin(gsi, KVM_IRQCHIP_PIC_SLAVE, gsi - PIC_PINS));
    }
    for (int gsi = 0; gsi < IOAPIC_PINS; gsi++) {
      if (gsi != 2) {
        entries.add(pin(gsi, KVM_IRQCHIP_IOAPIC, gsi == 0 ? 2 : gsi));
      }
    }
    return entries;
  }

  private static KvmIrqRoutingEntry pin(int gsi, int irqchip, int pin) {
    return KvmIrqRoutingEntry.newBuilder()
        .setGsi(gsi)
        .setType(KVM_IRQ_ROUTING_IRQCHIP)
        .setIrqchip(KvmIrqRoutingIrqchip.newBuilder().setIrqchip(irqchip).setPin(pin))
        .build();
  }

  /** A message's entry. */
  public static KvmIrqRoutingEntry message(int gsi, long address, int data) {
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
}
