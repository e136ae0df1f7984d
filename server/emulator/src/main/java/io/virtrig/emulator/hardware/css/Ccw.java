package io.virtrig.emulator.hardware.css;

import java.util.List;

/**
 * A format-1 channel command word as the channel subsystem executes it.
 *
 * @param command command code
 * @param flags CD, CC, SLI, SKIP, PCI, IDA, SUSPEND from the left
 * @param count bytes to move
 * @param target where a TIC transfers to
 * @param areas where the bytes lie in memory; none when nothing is moved
 */
public record Ccw(int command, int flags, int count, int target, List<Area> areas) {
  /** Bytes of a CCW. */
  public static final int SIZE = 8;

  /** Transfer in channel. */
  public static final int TIC = 0x08;

  /** No operation. */
  public static final int NOOP = 0x03;

  /** Chain data. */
  public static final int FLAG_CD = 0x80;

  /** Chain commands. */
  public static final int FLAG_CC = 0x40;

  /** Store no data. */
  public static final int FLAG_SKIP = 0x10;

  /** The address is that of a list of addresses. */
  public static final int FLAG_IDA = 0x04;

  /** Bytes that follow one another in physical memory. */
  public record Area(long address, int length) {}

  /** Whether another CCW follows. */
  public boolean chains() {
    return (flags & (FLAG_CD | FLAG_CC)) != 0;
  }

  /** Whether it transfers to another CCW. */
  public boolean isTic() {
    return command == TIC;
  }

  /** Whether the device sends bytes: read, read backward, sense. */
  public boolean isInput() {
    return (command & 0x03) == 0x02 || (command & 0x0f) == 0x0c || (command & 0x0f) == 0x04;
  }

  /** Whether the device takes bytes to keep. */
  public boolean isWrite() {
    return (command & 0x03) == 0x01;
  }

  /** Whether the bytes that the device sends are dropped. */
  public boolean skips() {
    return (flags & FLAG_SKIP) != 0;
  }
}
