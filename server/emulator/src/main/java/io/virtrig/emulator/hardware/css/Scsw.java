package io.virtrig.emulator.hardware.css;

import java.nio.ByteBuffer;

/**
 * A subchannel-status word of command mode. An interruption-response block is one and 52 bytes of
 * nothing.
 *
 * @param prefetch the ORB's prefetch bit; the format is 1
 * @param fctl function control: start 4, halt 2, clear 1
 * @param actl activity control
 * @param stctl status control
 * @param cpa address behind the CCW executed last
 * @param dstat device status
 * @param cstat subchannel status
 * @param count residual bytes
 */
public record Scsw(
    boolean prefetch, int fctl, int actl, int stctl, int cpa, int dstat, int cstat, int count) {
  /** Bytes of it. */
  public static final int SIZE = 12;

  /** Bytes of an interruption-response block. */
  public static final int IRB_SIZE = 64;

  public static final int FCTL_START = 0x4;
  public static final int FCTL_HALT = 0x2;
  public static final int FCTL_CLEAR = 0x1;

  public static final int ACTL_START_PEND = 0x20;
  public static final int ACTL_HALT_PEND = 0x10;
  public static final int ACTL_CLEAR_PEND = 0x08;
  public static final int ACTL_SCHACT = 0x04;
  public static final int ACTL_DEVACT = 0x02;

  public static final int STCTL_ALERT = 0x10;
  public static final int STCTL_INTERMEDIATE = 0x08;
  public static final int STCTL_PRIMARY = 0x04;
  public static final int STCTL_SECONDARY = 0x02;
  public static final int STCTL_PENDING = 0x01;

  /** Whether it answers a function, rather than being the device's own idea (cc is always 0). */
  public boolean solicited() {
    return stctl != (STCTL_ALERT | STCTL_PENDING);
  }

  /** Whether neither subchannel nor device is active any more. */
  public boolean last() {
    return (actl & (ACTL_SCHACT | ACTL_DEVACT)) == 0;
  }

  /** The same with another address. */
  public Scsw withCpa(int address) {
    return new Scsw(prefetch, fctl, actl, stctl, address, dstat, cstat, count);
  }

  /** Writes it, big-endian. */
  public void put(ByteBuffer out) {
    int format = fctl == 0 ? 0 : 0x80 | (prefetch ? 0x40 : 0);
    out.putInt(format << 16 | fctl << 12 | actl << 5 | stctl);
    out.putInt(cpa);
    out.put((byte) dstat).put((byte) cstat).putShort((short) count);
  }
}
