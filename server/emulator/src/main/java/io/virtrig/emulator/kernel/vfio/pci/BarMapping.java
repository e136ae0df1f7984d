package io.virtrig.emulator.kernel.vfio.pci;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.process.DeviceMemory;
import io.virtrig.emulator.state.StateWriter;

/** A BAR, mapped into a process from an offset on (vfio_pci_mmap_fault). */
record BarMapping(PciFunction function, VfioPciConfig config, int bar, long start)
    implements DeviceMemory {

  @Override
  public void read(long offset, byte[] to, int at, int length) {
    requireMemory();
    function.bars().read(bar, start + offset, to, at, length);
  }

  @Override
  public void write(long offset, byte[] from, int at, int length) {
    requireMemory();
    function.bars().write(bar, start + offset, from, at, length);
  }

  @Override
  public long physical() {
    return config.memoryEnabled() ? function.bars().physical(bar) + start : -1;
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("bar", bar);
    out.hex("start", start);
  }

  /** A process that touches the mapping while the device does not decode gets SIGBUS. */
  private void requireMemory() {
    if (!config.memoryEnabled()) {
      throw KernelError.fault("SIGBUS: the device's memory decode is off");
    }
  }
}
