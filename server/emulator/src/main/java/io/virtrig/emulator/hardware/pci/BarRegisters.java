package io.virtrig.emulator.hardware.pci;

import io.virtrig.emulator.state.Stateful;

/** What is behind a function's BARs, the MSI-X structures and the ROM not counted. */
interface BarRegisters extends Stateful {

  /** Reads 1, 2 or 4 bytes at a multiple of their number. */
  int read(int bar, long at, int size);

  /** Writes 1, 2 or 4 bytes at a multiple of their number. */
  void write(int bar, long at, int size, int value);

  /** The function is reset. */
  void reset();
}
