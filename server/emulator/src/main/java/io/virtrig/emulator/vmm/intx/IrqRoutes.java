package io.virtrig.emulator.vmm.intx;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.vmm.CallRecord;
import io.virtrig.emulator.vmm.RoutingEntries;
import io.virtrig.emulator.vmm.VirtualMachine;
import io.virtrig.v1.KvmIrqRoutingEntry;
import io.virtrig.v1.Result;
import io.virtrig.v1.VmmCall;
import java.util.ArrayList;
import java.util.List;

/** The VM's routing table, handed to KVM whole with each change (x86/irq.c and irq.c). */
final class IrqRoutes implements Stateful {
  private final VirtualMachine vm;
  private final CallRecord calls;
  private final List<KvmIrqRoutingEntry> entries = new ArrayList<>();
  private int next = RoutingEntries.IOAPIC_PINS;

  IrqRoutes(VirtualMachine vm, CallRecord calls) {
    this.vm = vm;
    this.calls = calls;
    entries.addAll(RoutingEntries.pins());
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
    entries.add(RoutingEntries.message(gsi, address, data));
    return changed() ? gsi : -1;
  }

  /** irq__update_msix_route: nothing when the message is the same. */
  void update(int gsi, long address, int data) {
    KvmIrqRoutingEntry wanted = RoutingEntries.message(gsi, address, data);
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
