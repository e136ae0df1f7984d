package io.virtrig.emulator.vmm.vfio;

import static io.virtrig.uapi.Kvm.KVM_CAP_IRQFD_RESAMPLE;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.vmm.CallRecord;
import io.virtrig.emulator.vmm.Program;
import io.virtrig.emulator.vmm.VfioDevice;
import io.virtrig.emulator.vmm.VirtualMachine;

/** What the devices of a VM share of KVM's interrupts (accel/kvm/kvm-all.c). */
public final class KvmInterrupts implements Stateful {
  private final Program program;
  private final VirtualMachine vm;
  private final CallRecord calls = new CallRecord();
  private final GsiRoutes routes;
  private final boolean resample;

  /** Asks what KVM can do, and tells it of the controllers' pins. */
  public KvmInterrupts(Program program, VirtualMachine vm) {
    this.program = program;
    this.vm = vm;
    resample = vm.offers(KVM_CAP_IRQFD_RESAMPLE);
    routes = new GsiRoutes(vm, calls);
    routes.commit();
  }

  /** Makes an open device one of the guest's. */
  public VfioPciDevice realize(VfioDevice device, int slot) {
    return new VfioPciDevice(program, vm, routes, calls, device, slot, resample);
  }

  /** What the devices' interrupts have asked of the kernel. */
  public CallRecord calls() {
    return calls;
  }

  @Override
  public void writeState(StateWriter out) {
    out.child("routes", "", routes);
    out.flag("resample", resample);
  }
}
