package io.virtrig.emulator.kernel;

import io.virtrig.emulator.event.EventListener;
import io.virtrig.emulator.event.EventLog;
import io.virtrig.emulator.hardware.Machine;
import io.virtrig.emulator.kernel.iommu.IommuCore;
import io.virtrig.emulator.kernel.irqbypass.IrqBypassManager;
import io.virtrig.emulator.kernel.kvm.KvmX86Ops;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.emulator.state.ObjectIds;
import io.virtrig.emulator.state.Tally;
import io.virtrig.emulator.time.CostModel;
import io.virtrig.emulator.time.VirtualClock;

/**
 * What every object of a host's kernel may use: the machine below it, its own configuration, and
 * where identities and events go.
 */
public final class Kernel {
  private final HostConfiguration configuration;
  private final Machine machine;
  private final ObjectIds ids = new ObjectIds();
  private final Tally mappings = new Tally();
  private final Tally eventfds = new Tally();
  private final EventLog events;
  private final IrqBypassManager irqBypass;
  private final VirtualClock clock;
  private final IommuCore iommu;
  private final KvmX86Ops x86Ops;

  /**
   * A kernel of that configuration that has done nothing yet.
   *
   * @param listener is told of every event
   */
  public Kernel(HostConfiguration configuration, Machine machine, EventListener listener) {
    this.configuration = configuration;
    this.machine = machine;
    events = new EventLog(listener);
    irqBypass = new IrqBypassManager(!configuration.spec().getKernel().getIrqbypassV4());
    clock = new VirtualClock(CostModel.of(configuration.spec()));
    iommu = IommuDrivers.probe(configuration, machine, events);
    x86Ops = new KvmX86Ops(configuration);
  }

  /** What the host's specification says. */
  public HostConfiguration configuration() {
    return configuration;
  }

  /** The hardware. */
  public Machine machine() {
    return machine;
  }

  /** Where new objects get their identities. */
  public ObjectIds ids() {
    return ids;
  }

  /** Mappings of processes, of containers and of vhost's address spaces. */
  public Tally mappings() {
    return mappings;
  }

  /** Eventfds that are open. */
  public Tally eventfds() {
    return eventfds;
  }

  /** Where what happens is told. */
  public EventLog events() {
    return events;
  }

  /** What joins devices' interrupts with virtual machines. */
  public IrqBypassManager irqBypass() {
    return irqBypass;
  }

  /** What KVM calls its vendor module by. */
  public KvmX86Ops x86Ops() {
    return x86Ops;
  }

  /** The host's virtual time. */
  public VirtualClock clock() {
    return clock;
  }

  /** The IOMMU core. */
  public IommuCore iommu() {
    return iommu;
  }
}
