package io.virtrig.emulator.hardware.css;

import org.jspecify.annotations.Nullable;

/** Faults that a subchannel can be armed with, by their names in hw.fail. */
public enum SubchannelFault {
  SSCH_CC1("ssch_cc1"),
  SSCH_CC2("ssch_cc2"),
  SSCH_CC3("ssch_cc3"),
  /** HALT SUBCHANNEL gives condition code 2. */
  HSCH_BUSY("hsch_busy"),
  /** A halt is accepted, and neither ends the program nor interrupts. */
  HALT_LOST("halt_lost"),
  /** A halt is accepted and stays pending. */
  HALT_STUCK("halt_stuck"),
  /** A clear is accepted and stays pending. */
  CLEAR_STUCK("clear_stuck"),
  /** MODIFY SUBCHANNEL gives condition code 2. */
  MSCH_BUSY("msch_busy"),
  /** The device disappears, at once and for ever. */
  GONE("gone");

  private final String label;

  SubchannelFault(String label) {
    this.label = label;
  }

  /** The fault of that name. */
  public static @Nullable SubchannelFault of(String label) {
    for (SubchannelFault fault : values()) {
      if (fault.label.equals(label)) {
        return fault;
      }
    }
    return null;
  }
}
