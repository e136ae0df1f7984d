package io.virtrig.emulator.kernel;

import io.virtrig.emulator.event.EventListener;
import io.virtrig.emulator.event.EventLog;
import io.virtrig.emulator.hardware.Machine;
import io.virtrig.emulator.kernel.iommu.IommuCore;
import io.virtrig.emulator.kernel.irqbypass.IrqBypassManager;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.emulator.state.ObjectIds;

/**
 * What every object of a host's kernel may use: the machine below it, its own configuration, and
 * where identities and events go.
 *
 * @param configuration what the host's specification says
 * @param machine the hardware
 * @param ids where new objects get their identities
 * @param events where what happens is told
 * @param irqBypass what joins devices' interrupts with virtual machines
 * @param iommu the IOMMU core
 */
public record Kernel(
    HostConfiguration configuration,
    Machine machine,
    ObjectIds ids,
    EventLog events,
    IrqBypassManager irqBypass,
    IommuCore iommu) {

  /**
   * A kernel of that configuration that has done nothing yet.
   *
   * @param listener is told of every event
   */
  public Kernel(HostConfiguration configuration, Machine machine, EventListener listener) {
    this(configuration, machine, new EventLog(listener));
  }

  private Kernel(HostConfiguration configuration, Machine machine, EventLog events) {
    this(
        configuration,
        machine,
        new ObjectIds(),
        events,
        new IrqBypassManager(!configuration.spec().getKernel().getIrqbypassV4()),
        IommuDrivers.probe(configuration, machine, events));
  }
}
