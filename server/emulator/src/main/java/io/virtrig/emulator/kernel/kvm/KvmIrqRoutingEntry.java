package io.virtrig.emulator.kernel.kvm;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/** Where a GSI leads (struct kvm_kernel_irq_routing_entry). */
sealed interface KvmIrqRoutingEntry extends Stateful {

  /** A pin of the master (0 to 7) or slave (8 to 15) PIC. */
  record PicPin(int pin) implements KvmIrqRoutingEntry {
    @Override
    public void writeState(StateWriter out) {
      out.number("pic_pin", pin);
    }
  }

  /** A pin of the I/O APIC. */
  record IoapicPin(int pin) implements KvmIrqRoutingEntry {
    @Override
    public void writeState(StateWriter out) {
      out.number("ioapic_pin", pin);
    }
  }

  /** A message. */
  record Msi(int addressLo, int addressHi, int data, int flags, int devid)
      implements KvmIrqRoutingEntry {
    @Override
    public void writeState(StateWriter out) {
      out.hex("address_lo", addressLo);
      out.hex("address_hi", addressHi);
      out.hex("data", data);
      out.hex("flags", flags);
      out.hex("devid", devid);
    }
  }

  /** A synthetic interrupt of Hyper-V, which no vCPU here has switched on. */
  record HvSint(int vcpu, int sint) implements KvmIrqRoutingEntry {
    @Override
    public void writeState(StateWriter out) {
      out.number("hv_vcpu", vcpu);
      out.number("hv_sint", sint);
    }
  }
}
