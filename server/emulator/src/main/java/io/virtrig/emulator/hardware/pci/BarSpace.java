package io.virtrig.emulator.hardware.pci;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The BARs of a function: its registers, and the MSI-X structures and ROM over them. */
public final class BarSpace implements Stateful {
  private final List<Bar> bars;
  private final BarRegisters registers;
  private final PciInterrupts interrupts;
  private final RomImage rom;
  private final int function;

  BarSpace(
      List<Bar> bars,
      BarRegisters registers,
      PciInterrupts interrupts,
      ConfigSpace config,
      int function) {
    this.bars = bars;
    this.registers = registers;
    this.interrupts = interrupts;
    this.function = function;
    rom = new RomImage(config);
  }

  /** The BAR of that number; null when the function has none. */
  public @Nullable Bar bar(int index) {
    for (Bar bar : bars) {
      if (bar.index() == index) {
        return bar;
      }
    }
    return null;
  }

  /** All BARs. */
  public List<Bar> all() {
    return bars;
  }

  /** The physical address that other devices reach a BAR at. */
  public long physical(int index) {
    return PciBus.address(function, index);
  }

  /** Reads 1, 2 or 4 bytes at a multiple of their number. */
  public int read(int index, long at, int size) {
    MsixTable msix = interrupts.msixTable();
    if (index == PciRegs.PCI_ROM_RESOURCE) {
      return rom.read(at, size);
    }
    if (msix.holds(index, at)) {
      return msix.read(at, size);
    }
    if (msix.holdsPending(index, at)) {
      return msix.readPending(at, size);
    }
    return registers.read(index, at, size);
  }

  /** Writes 1, 2 or 4 bytes at a multiple of their number. */
  public void write(int index, long at, int size, int value) {
    MsixTable msix = interrupts.msixTable();
    if (msix.holds(index, at)) {
      msix.write(at, size, value);
      interrupts.sendPending();
    } else if (!msix.holdsPending(index, at) && index != PciRegs.PCI_ROM_RESOURCE) {
      registers.write(index, at, size, value);
    }
  }

  /** Reads any number of bytes, in the largest aligned pieces; all ones behind the end. */
  public void read(int index, long offset, byte[] to, int at, int length) {
    ConfigSpace bytes = new ConfigSpace(to);
    for (int done = 0; done < length; ) {
      int size = piece(offset + done, length - done);
      bytes.set(
          at + done, size, beyond(index, offset + done) ? -1 : read(index, offset + done, size));
      done += size;
    }
  }

  /** Writes any number of bytes, in the largest aligned pieces; none behind the end. */
  public void write(int index, long offset, byte[] from, int at, int length) {
    ConfigSpace bytes = new ConfigSpace(from);
    for (int done = 0; done < length; ) {
      int size = piece(offset + done, length - done);
      if (!beyond(index, offset + done)) {
        write(index, offset + done, size, bytes.get(at + done, size));
      }
      done += size;
    }
  }

  private boolean beyond(int index, long at) {
    Bar bar = bar(index);
    return bar == null || at >= bar.size();
  }

  private static int piece(long at, int left) {
    if ((at & 3) == 0 && left >= 4) {
      return 4;
    }
    return (at & 1) == 0 && left >= 2 ? 2 : 1;
  }

  void reset() {
    registers.reset();
  }

  @Override
  public void writeState(StateWriter out) {
    registers.writeState(out);
  }
}
