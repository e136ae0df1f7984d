package io.virtrig.emulator.kernel.process;

import io.virtrig.emulator.state.StateWriter;

/** What a process reaches through a mapping of a device. Offsets count from the mapping's start. */
public interface DeviceMemory {

  /** Reads bytes. */
  void read(long offset, byte[] to, int at, int length);

  /** Writes bytes. */
  void write(long offset, byte[] from, int at, int length);

  /**
   * Where other devices find the mapping's start.
   *
   * @return its physical address, or -1 where they cannot reach it
   */
  default long physical() {
    return -1;
  }

  /** Writes which part of the device it is. */
  default void writeState(StateWriter out) {}
}
