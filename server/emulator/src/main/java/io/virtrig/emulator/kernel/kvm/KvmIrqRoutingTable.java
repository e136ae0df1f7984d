package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.uapi.Kvm.KVM_IOAPIC_NUM_PINS;
import static io.virtrig.uapi.Kvm.KVM_IRQCHIP_IOAPIC;
import static io.virtrig.uapi.Kvm.KVM_IRQCHIP_PIC_MASTER;
import static io.virtrig.uapi.Kvm.KVM_IRQCHIP_PIC_SLAVE;
import static io.virtrig.uapi.Kvm.KVM_IRQ_ROUTING_HV_SINT;
import static io.virtrig.uapi.Kvm.KVM_IRQ_ROUTING_IRQCHIP;
import static io.virtrig.uapi.Kvm.KVM_IRQ_ROUTING_MSI;
import static io.virtrig.uapi.Kvm.KVM_MSI_VALID_DEVID;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.kvm.KvmIrqRoutingEntry.HvSint;
import io.virtrig.emulator.kernel.kvm.KvmIrqRoutingEntry.IoapicPin;
import io.virtrig.emulator.kernel.kvm.KvmIrqRoutingEntry.Msi;
import io.virtrig.emulator.kernel.kvm.KvmIrqRoutingEntry.PicPin;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.KvmIrqRoutingIrqchip;
import io.virtrig.v1.KvmIrqRoutingMsi;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.collections.Int2ObjectHashMap;

/**
 * A routing table (struct kvm_irq_routing_table, virt/kvm/irqchip.c). It never changes: a new one
 * takes its place.
 */
final class KvmIrqRoutingTable implements Stateful {
  private static final int PIC_PINS = 8;
  private static final int LEGACY_GSIS = 16;

  /** One GSI's entries, in the order in which they were given. */
  private final Int2ObjectHashMap<List<KvmIrqRoutingEntry>> entries = new Int2ObjectHashMap<>();

  /** The GSI of each I/O APIC pin, -1 for none. */
  private final int[] ioapicGsis = new int[KVM_IOAPIC_NUM_PINS];

  KvmIrqRoutingTable() {
    Arrays.fill(ioapicGsis, -1);
  }

  /** The table that KVM_CREATE_IRQCHIP makes. */
  static KvmIrqRoutingTable legacy() {
    KvmIrqRoutingTable table = new KvmIrqRoutingTable();
    for (int gsi = 0; gsi < KVM_IOAPIC_NUM_PINS; gsi++) {
      table.put(gsi, new IoapicPin(gsi));
      if (gsi < LEGACY_GSIS) {
        table.put(gsi, new PicPin(gsi));
      }
    }
    return table;
  }

  /** The table that KVM_SET_GSI_ROUTING describes (kvm_set_irq_routing). EINVAL. */
  static KvmIrqRoutingTable of(List<io.virtrig.v1.KvmIrqRoutingEntry> given, KvmIrqchip irqchip) {
    for (io.virtrig.v1.KvmIrqRoutingEntry entry : given) {
      if (Integer.compareUnsigned(entry.getGsi(), KvmVm.MOST_ROUTES) >= 0) {
        throw KernelError.invalid(
            "gsi "
                + Integer.toUnsignedString(entry.getGsi())
                + " is not below "
                + KvmVm.MOST_ROUTES);
      }
    }
    KvmIrqRoutingTable table = new KvmIrqRoutingTable();
    for (io.virtrig.v1.KvmIrqRoutingEntry entry : given) {
      table.add(entry, irqchip);
    }
    return table;
  }

  private void add(io.virtrig.v1.KvmIrqRoutingEntry given, KvmIrqchip irqchip) {
    int known = given.getType() == KVM_IRQ_ROUTING_MSI ? KVM_MSI_VALID_DEVID : 0;
    if ((given.getFlags() & ~known) != 0) {
      throw KernelError.invalid(
          "flags 0x" + Integer.toHexString(given.getFlags()) + " of gsi " + given.getGsi());
    }
    for (KvmIrqRoutingEntry there : entries(given.getGsi())) {
      if (given.getType() != KVM_IRQ_ROUTING_IRQCHIP
          || chip(there) == given.getIrqchip().getIrqchip()
          || chip(there) < 0) {
        throw KernelError.invalid("gsi " + given.getGsi() + " is routed twice");
      }
    }
    put(
        given.getGsi(),
        switch (given.getType()) {
          case KVM_IRQ_ROUTING_IRQCHIP -> pin(given.getIrqchip(), irqchip);
          case KVM_IRQ_ROUTING_MSI -> msi(given.getMsi(), given.getFlags(), irqchip);
          case KVM_IRQ_ROUTING_HV_SINT ->
              new HvSint(given.getHvSint().getVcpu(), given.getHvSint().getSint());
          default ->
              throw KernelError.invalid(
                  "gsi "
                      + given.getGsi()
                      + " has a route of unknown type "
                      + Integer.toUnsignedString(given.getType()));
        });
  }

  /** The chip that an entry leads to; -1 for none. */
  private static int chip(KvmIrqRoutingEntry entry) {
    return switch (entry) {
      case PicPin(int pin) -> pin < PIC_PINS ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE;
      case IoapicPin _ -> KVM_IRQCHIP_IOAPIC;
      case Msi _, HvSint _ -> -1;
    };
  }

  private static KvmIrqRoutingEntry pin(KvmIrqRoutingIrqchip given, KvmIrqchip irqchip) {
    if (irqchip.split()) {
      throw KernelError.invalid("a split irqchip has no pins in the kernel");
    }
    int pins = given.getIrqchip() == KVM_IRQCHIP_IOAPIC ? KVM_IOAPIC_NUM_PINS : PIC_PINS;
    if (Integer.compareUnsigned(given.getIrqchip(), KVM_IRQCHIP_IOAPIC) > 0) {
      throw KernelError.invalid(
          "there is no irqchip " + Integer.toUnsignedString(given.getIrqchip()));
    }
    if (Integer.compareUnsigned(given.getPin(), pins) >= 0) {
      throw KernelError.invalid(
          "irqchip "
              + given.getIrqchip()
              + " has no pin "
              + Integer.toUnsignedString(given.getPin()));
    }
    return switch (given.getIrqchip()) {
      case KVM_IRQCHIP_PIC_MASTER -> new PicPin(given.getPin());
      case KVM_IRQCHIP_PIC_SLAVE -> new PicPin(PIC_PINS + given.getPin());
      default -> new IoapicPin(given.getPin());
    };
  }

  private static KvmIrqRoutingEntry msi(KvmIrqRoutingMsi given, int flags, KvmIrqchip irqchip) {
    Msi entry =
        new Msi(
            given.getAddressLo(), given.getAddressHi(), given.getData(), flags, given.getDevid());
    if (irqchip.invalid(entry)) {
      throw KernelError.invalid(
          "address_hi 0x"
              + Integer.toHexString(given.getAddressHi())
              + " has a low byte, which 32-bit destinations do not use");
    }
    return entry;
  }

  private void put(int gsi, KvmIrqRoutingEntry entry) {
    entries.computeIfAbsent(gsi, _ -> new ArrayList<>(1)).add(entry);
    if (entry instanceof IoapicPin(int pin)) {
      ioapicGsis[pin] = gsi;
    }
  }

  /** Where a GSI leads; empty for one that is not in the table. */
  List<KvmIrqRoutingEntry> entries(int gsi) {
    List<KvmIrqRoutingEntry> found = entries.get(gsi);
    return found == null ? List.of() : found;
  }

  /** The GSI that leads to an I/O APIC pin; -1 for none (kvm_irq_map_chip_pin). */
  int gsiOfIoapicPin(int pin) {
    return ioapicGsis[pin];
  }

  @Override
  public void writeState(StateWriter out) {
    int[] gsis = entries.keySet().stream().mapToInt(Integer::intValue).sorted().toArray();
    for (int gsi : gsis) {
      for (KvmIrqRoutingEntry entry : entries(gsi)) {
        out.child("gsi", Integer.toString(gsi), entry);
      }
    }
  }
}
