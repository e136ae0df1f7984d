package io.virtrig.graph;

import io.virtrig.v1.IommuSpec;
import io.virtrig.v1.StateField;
import java.util.ArrayList;
import java.util.List;

/** What is to be known of an object, from its state. */
final class Facts {

  private static final int FIELDS_SHOWN = 5;
  private static final int SLOTS_SHOWN = 4;
  private static final int BUS_MASTER = 0x4;
  private static final int APIC_ENABLED = 0x100;

  private Facts() {}

  static List<String> process(StateObject process) {
    StateObject memory = process.child("memory");
    List<StateObject> mappings = memory.children("mapping");
    long size = mappings.stream().mapToLong(mapping -> mapping.number64("length")).sum();
    List<String> facts = new ArrayList<>();
    if (!mappings.isEmpty()) {
      facts.add(Amount.of(mappings.size(), "mapping") + ", " + Amount.bytes(size));
    }
    if (memory.number64("locked_pages") != 0) {
      facts.add("locked " + Amount.pages(memory.number64("locked_pages")));
    }
    return facts;
  }

  static List<String> vm(StateObject vm) {
    List<String> facts = new ArrayList<>();
    List<String> slots = slots(vm.child("memory"));
    facts.addAll(slots.subList(0, Math.min(SLOTS_SHOWN, slots.size())));
    if (slots.size() > SLOTS_SHOWN) {
      facts.add("and " + Amount.of(slots.size() - SLOTS_SHOWN, "more slot"));
    }
    StateObject irqchip = vm.child("irqchip");
    if (!irqchip.field("mode").isEmpty()) {
      facts.add("irqchip " + irqchip.field("mode"));
    }
    long routes = irqchip.child("routing").children("gsi").size();
    if (routes != 0) {
      facts.add(Amount.of(routes, "GSI route"));
    }
    return facts;
  }

  private static List<String> slots(StateObject memory) {
    List<String> slots = new ArrayList<>();
    for (StateObject space : memory.children("address_space")) {
      String prefix = space.node().getKey().equals("0") ? "" : space.node().getKey() + ":";
      for (StateObject slot : space.children("slot")) {
        slots.add(
            "slot "
                + prefix
                + slot.field("id")
                + " at "
                + slot.field("guest_phys_addr")
                + ", "
                + Amount.pages(slot.number64("pages")));
      }
    }
    return slots;
  }

  static List<String> vcpu(StateObject vcpu) {
    if (vcpu.children("lapic").isEmpty()) {
      return List.of();
    }
    boolean enabled = (vcpu.child("lapic").number64("svr") & APIC_ENABLED) != 0;
    return List.of(enabled ? "APIC on" : "APIC off");
  }

  static List<String> container(StateObject container) {
    if (container.children("iommu").isEmpty()) {
      return List.of("no IOMMU set");
    }
    StateObject iommu = container.child("iommu");
    List<StateObject> mappings = iommu.children("mapping");
    long size = mappings.stream().mapToLong(mapping -> mapping.number64("size")).sum();
    List<String> facts = new ArrayList<>();
    facts.add("type1 " + iommu.field("mode"));
    facts.add(
        mappings.isEmpty()
            ? "no mappings"
            : Amount.of(mappings.size(), "mapping") + ", " + Amount.bytes(size));
    if (iommu.isSet("dirty_tracking")) {
      facts.add("dirty tracking");
    }
    if (iommu.child("nesting").isSet("nested")) {
      facts.add("nested");
    }
    return facts;
  }

  static List<String> group(StateObject group) {
    return List.of(group.isSet("open") ? "open" : "not open");
  }

  static List<String> eventfd(StateObject eventfd) {
    String semaphore = eventfd.isSet("semaphore") ? ", semaphore" : "";
    return List.of("count " + Long.toUnsignedString(eventfd.number64("count")) + semaphore);
  }

  /** Where its GSI leads, and how often it was taken. */
  static List<String> irqfd(StateObject vm, String gsi) {
    List<String> facts = new ArrayList<>();
    for (StateObject route : vm.child("irqchip").child("routing").children("gsi")) {
      if (route.node().getKey().equals(gsi)) {
        facts.add(route(route));
      }
    }
    StateObject deliveries = vm.child("irqchip").child("deliveries");
    String taken = deliveries.field("injected " + gsi);
    String posted = deliveries.field("posted " + gsi);
    if (!taken.isEmpty()) {
      facts.add("taken " + taken + (posted.isEmpty() ? "" : ", of these posted " + posted));
    }
    return facts;
  }

  private static String route(StateObject route) {
    if (!route.field("data").isEmpty()) {
      return "MSI, vector 0x" + Long.toHexString(route.number64("data") & 0xff);
    }
    if (!route.field("ioapic_pin").isEmpty()) {
      return "I/O APIC pin " + route.field("ioapic_pin");
    }
    return String.join(", ", fields(route));
  }

  static List<String> ioeventfd(StateObject ioeventfd) {
    return List.of(
        ioeventfd.field("len")
            + " bytes, "
            + (ioeventfd.isSet("wildcard")
                ? "any value"
                : "value " + ioeventfd.field("datamatch")));
  }

  static List<String> device(StateObject function) {
    List<String> facts = new ArrayList<>();
    if (!function.field("bdf").isEmpty()) {
      facts.add(function.field("bdf"));
    }
    if (!function.field("command").isEmpty()) {
      boolean master = (function.number64("command") & BUS_MASTER) != 0;
      facts.add(master ? "bus master" : "no bus master");
    }
    return facts;
  }

  static List<String> iommu(IommuSpec iommu) {
    List<String> facts = new ArrayList<>();
    facts.add(iommu.getAddressWidth() + "-bit addresses");
    if (iommu.getNesting()) {
      facts.add("nesting");
    }
    if (iommu.getInterruptRemapping()) {
      facts.add("interrupt remapping");
    }
    if (iommu.getPostedInterrupts()) {
      facts.add("posted interrupts");
    }
    return facts;
  }

  /** The plain fields of an object that is not known here. */
  static List<String> fields(StateObject object) {
    List<String> facts = new ArrayList<>();
    for (StateField field : object.node().getFieldsList()) {
      if (!StateObject.isIdentity(field.getValue())) {
        facts.add(field.getName() + " " + field.getValue());
      }
    }
    if (facts.size() <= FIELDS_SHOWN) {
      return facts;
    }
    List<String> shown = new ArrayList<>(facts.subList(0, FIELDS_SHOWN));
    shown.add("and " + Amount.of(facts.size() - FIELDS_SHOWN, "more field"));
    return shown;
  }
}
