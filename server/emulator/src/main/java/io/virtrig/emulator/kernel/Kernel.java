package io.virtrig.emulator.kernel;

import io.virtrig.emulator.event.EventListener;
import io.virtrig.emulator.event.EventLog;
import io.virtrig.emulator.hardware.Machine;
import io.virtrig.emulator.kernel.irqbypass.IrqBypassManager;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.emulator.state.ObjectIds;
import io.virtrig.emulator.time.CostModel;
import io.virtrig.emulator.time.VirtualClock;

/**
 * What every object of a host's kernel may use: the machine below it, its own configuration, and
 * where identities and events go.
 *
 * @param configuration what the host's specification says
 * @param machine the hardware
 * @param ids where new objects get their identities
 * @param events where what happens is told
 * @param irqBypass what joins devices' interrupts with virtual machines
 * @param clock the host's virtual time
 */
public record Kernel(
    HostConfiguration configuration,
    Machine machine,
    ObjectIds ids,
    EventLog events,
    IrqBypassManager irqBypass,
    VirtualClock clock) {

  /**
   * A kernel of that configuration that has done nothing yet.
   *
   * @param listener is told of every event
   */
  public Kernel(HostConfiguration configuration, Machine machine, EventListener listener) {
    this(
        configuration,
        machine,
        new ObjectIds(),
        new EventLog(listener),
        new IrqBypassManager(!configuration.spec().getKernel().getIrqbypassV4()),
        new VirtualClock(CostModel.of(configuration.spec())));
  }
}
