package io.virtrig.emulator.hardware.css;

import org.jspecify.annotations.Nullable;

/** The CCWs in memory that the channel subsystem fetches. */
public interface ChannelProgram {

  /** The CCW at an address; null where there is none. */
  @Nullable Ccw at(int address);
}
