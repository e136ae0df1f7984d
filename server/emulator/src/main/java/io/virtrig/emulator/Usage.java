package io.virtrig.emulator;

import io.virtrig.emulator.hardware.Machine;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.state.Tally;

/**
 * How much of what costs memory a host has at the moment. Who owns it has counted it: to read any
 * of these is a load or two.
 */
public final class Usage {
  private final Machine machine;
  private final Tally mappings;
  private final Tally eventfds;

  Usage(Kernel kernel) {
    machine = kernel.machine();
    mappings = kernel.mappings();
    eventfds = kernel.eventfds();
  }

  /** PCI functions, parts of them, vDPA devices and subchannels: as many as were specified. */
  public long devices() {
    return (long) machine.functions().size()
        + machine.interfaces().size()
        + machine.vdpaDevices().size()
        + machine.subchannels().size();
  }

  /** Bytes of guest memory that were written to, by whole pages, shared with a clone or not. */
  public long guestBytes() {
    return machine.memory().writtenBytes();
  }

  /** Mappings of processes, of containers and of vhost's address spaces. */
  public long mappings() {
    return mappings.count();
  }

  /** Eventfds that are open. */
  public long eventfds() {
    return eventfds.count();
  }
}
