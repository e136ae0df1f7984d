package io.virtrig.emulator.vmm.vfio;

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

/**
 * The VM's routing table as QEMU keeps it. A message gets the lowest number that has no entry (GSI
 * 2 is the first: no pin has it); a number is given back without telling KVM, which hears of it
 * with the next change.
 */
public final class GsiRoutes implements Stateful {
  private static final int NONE = -1;

  /** KVM_CAP_IRQ_ROUTING - 1. */
  private static final int GSIS = 4095;

  private final VirtualMachine vm;
  private final CallRecord calls;
  private final List<KvmIrqRoutingEntry> entries = new ArrayList<>();
  private final boolean[] used = new boolean[GSIS];

  /** The controllers' pins; KVM has not been told. */
  public GsiRoutes(VirtualMachine vm, CallRecord calls) {
    this.vm = vm;
    this.calls = calls;
    entries.addAll(RoutingEntries.pins());
    for (KvmIrqRoutingEntry entry : entries) {
      used[entry.getGsi()] = true;
    }
  }

  /** kvm_irqchip_commit_routes. QEMU asserts that KVM takes the table. */
  public void commit() {
    Result result = vm.setRouting(entries);
    calls.add(
        VmmCall.newBuilder()
            .setCall("KVM_SET_GSI_ROUTING")
            .setCount(entries.size())
            .setErrno(result.getErrno().getName()));
    if (result.hasErrno()) {
      throw new Aborted("kvm_irqchip_commit_routes: " + result.getErrno().getCheck());
    }
  }

  /** kvm_irqchip_add_msi_route: the message's number; -1 when all are in use. */
  int add(long address, int data) {
    for (int gsi = 0; gsi < GSIS; gsi++) {
      if (!used[gsi]) {
        used[gsi] = true;
        entries.add(RoutingEntries.message(gsi, address, data));
        commit();
        return gsi;
      }
    }
    return NONE;
  }

  /** kvm_irqchip_update_msi_route; KVM is told even of what has not changed. */
  void update(int gsi, long address, int data) {
    for (int i = 0; i < entries.size(); i++) {
      if (entries.get(i).getGsi() == gsi) {
        entries.set(i, RoutingEntries.message(gsi, address, data));
      }
    }
    commit();
  }

  /** kvm_irqchip_release_virq: the last entry takes its place. */
  void release(int gsi) {
    for (int i = 0; i < entries.size(); i++) {
      if (entries.get(i).getGsi() == gsi) {
        KvmIrqRoutingEntry last = entries.removeLast();
        if (i < entries.size()) {
          entries.set(i, last);
        }
      }
    }
    used[gsi] = false;
  }

  @Override
  public void writeState(StateWriter out) {
    for (int i = 0; i < entries.size(); i++) {
      KvmIrqRoutingEntry entry = entries.get(i);
      if (entry.hasMsi()) {
        String name = "entry_" + i + "_";
        out.number(name + "gsi", entry.getGsi());
        out.hex(
            name + "address",
            (long) entry.getMsi().getAddressHi() << Integer.SIZE
                | Integer.toUnsignedLong(entry.getMsi().getAddressLo()));
        out.hex(name + "data", entry.getMsi().getData());
      }
    }
  }
}
