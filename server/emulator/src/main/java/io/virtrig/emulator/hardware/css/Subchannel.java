package io.virtrig.emulator.hardware.css;

import static io.virtrig.emulator.hardware.css.Scsw.*;

import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.spec.CcwConfiguration;
import io.virtrig.emulator.state.StateHash;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A subchannel and the device behind it. The instructions answer condition codes; whoever issues
 * one takes pending status by {@link #tsch} when it may be interrupted again.
 *
 * <p>A start, halt or clear function is pending or in progress until its status is made. Halt and
 * clear complete at once unless a {@link SubchannelFault} is armed. A program runs until {@link
 * #complete}, or at once where the specification says {@code auto}.
 */
public final class Subchannel implements Stateful {
  /** Bytes of the PMCW. */
  private static final int PMCW_SIZE = 28;

  /** Bytes of a subchannel-information block. */
  public static final int SCHIB_SIZE = 52;

  /** Device status: attention. */
  private static final int DSTAT_ATTENTION = 0x80;

  /** Device status: channel end and device end. */
  public static final int DSTAT_ENDED = 0x0c;

  private static final int DSTAT_UNIT_CHECK = 0x02;

  /** The number of the first of the eight paths. */
  private static final int FIRST_CHPID = 0x20;

  private static final int PATHS = 8;

  private final CcwConfiguration configuration;
  private final ChannelDevice device;

  /** How often each fault still fires, by its place. */
  private final int[] faults = new int[SubchannelFault.values().length];

  private @Nullable SubchannelDriver driver;
  private @Nullable Orb orb;
  private @Nullable Scsw status;
  private boolean enabled;
  private boolean gone;
  private int isc;
  private int lastPath;

  /** ACTL_* of what is pending or in progress. */
  private int activity;

  private long xsch;
  private long hsch;
  private long csch;
  private long msch;

  /** A disabled, idle subchannel. */
  public Subchannel(CcwConfiguration configuration, PhysicalMemory memory) {
    this.configuration = configuration;
    device = new ChannelDevice(memory);
  }

  /** What the host's specification says of it. */
  public CcwConfiguration configuration() {
    return configuration;
  }

  /** The name that operations use. */
  public String name() {
    return configuration.name();
  }

  /** Binds it to its driver. */
  public void bind(SubchannelDriver to) {
    driver = to;
  }

  /** The driver it is bound to; null for one that no driver takes. */
  public @Nullable SubchannelDriver driver() {
    return driver;
  }

  /** Arms a fault, the next {@code count} times. */
  public void fail(SubchannelFault fault, int count) {
    if (fault == SubchannelFault.GONE) {
      gone = true;
      orb = null;
      status = null;
      activity = 0;
      if (driver != null) {
        driver.machineCheck();
      }
      return;
    }
    faults[place(fault)] = count;
  }

  @SuppressWarnings("EnumOrdinal") // the places of an array, nowhere else seen
  private static int place(SubchannelFault fault) {
    return fault.ordinal();
  }

  private boolean fails(SubchannelFault fault) {
    if (faults[place(fault)] == 0) {
      return false;
    }
    faults[place(fault)]--;
    return true;
  }

  private boolean operational() {
    return enabled && !gone;
  }

  /** START SUBCHANNEL. */
  public int ssch(Orb request) {
    if (!operational() || fails(SubchannelFault.SSCH_CC3)) {
      return 3;
    }
    if (status != null || fails(SubchannelFault.SSCH_CC1)) {
      return 1;
    }
    if (activity != 0 || fails(SubchannelFault.SSCH_CC2)) {
      return 2;
    }
    int usable = request.lpm() & configuration.paths();
    if (usable == 0) {
      return 3;
    }
    lastPath = Integer.highestOneBit(usable);
    orb = request;
    activity = configuration.cancellable() ? ACTL_START_PEND : ACTL_SCHACT | ACTL_DEVACT;
    if (configuration.auto()) {
      complete(DSTAT_ENDED, 0, 0, -1, true);
    }
    return 0;
  }

  /** HALT SUBCHANNEL. */
  public int hsch() {
    hsch++;
    if (!operational()) {
      return 3;
    }
    if (status != null) {
      return 1;
    }
    if ((activity & (ACTL_HALT_PEND | ACTL_CLEAR_PEND)) != 0 || fails(SubchannelFault.HSCH_BUSY)) {
      return 2;
    }
    if (fails(SubchannelFault.HALT_LOST)) {
      return 0;
    }
    if (fails(SubchannelFault.HALT_STUCK)) {
      activity |= ACTL_HALT_PEND;
      return 0;
    }
    Orb running = orb;
    if (running == null) {
      end(new Scsw(false, FCTL_HALT, 0, STCTL_PENDING | STCTL_PRIMARY, 0, 0, 0, 0));
    } else {
      int stctl = STCTL_PENDING | STCTL_PRIMARY | STCTL_SECONDARY;
      int cpa = running.cpa() + Ccw.SIZE;
      end(new Scsw(running.prefetch(), FCTL_HALT | FCTL_START, 0, stctl, cpa, 0, 0, 0));
    }
    return 0;
  }

  /** CLEAR SUBCHANNEL. */
  public int csch() {
    csch++;
    if (!operational()) {
      return 3;
    }
    if (fails(SubchannelFault.CLEAR_STUCK)) {
      status = null;
      activity |= ACTL_CLEAR_PEND;
      return 0;
    }
    end(new Scsw(false, FCTL_CLEAR, 0, STCTL_PENDING, 0, 0, 0, 0));
    return 0;
  }

  /** CANCEL SUBCHANNEL. */
  public int xsch() {
    xsch++;
    if (!operational()) {
      return 3;
    }
    if (status != null) {
      return 1;
    }
    if (activity != ACTL_START_PEND) {
      return 2;
    }
    orb = null;
    activity = 0;
    return 0;
  }

  /** MODIFY SUBCHANNEL, of the enabled bit and the interruption subclass. */
  public int msch(boolean enable, int interruptionSubclass) {
    msch++;
    if (gone) {
      return 3;
    }
    if (status != null) {
      return 1;
    }
    if (activity != 0 || fails(SubchannelFault.MSCH_BUSY)) {
      return 2;
    }
    enabled = enable;
    isc = interruptionSubclass;
    return 0;
  }

  /** Whether STORE SUBCHANNEL works. */
  public boolean there() {
    return !gone;
  }

  /** Whether the subchannel is enabled. */
  public boolean enabled() {
    return operational();
  }

  /** ACTL_* of what is pending or in progress. */
  public int activity() {
    return activity;
  }

  /** The path that the latest program was started on. */
  public int lastPath() {
    return lastPath;
  }

  /** STORE SUBCHANNEL: the subchannel-information block. */
  public byte[] schib() {
    ByteBuffer out = ByteBuffer.allocate(SCHIB_SIZE);
    out.putInt(0);
    out.put((byte) (isc << 3)).put((byte) ((enabled ? 0x80 : 0) | 0x01));
    out.putShort((short) configuration.devno());
    int paths = configuration.paths();
    out.put((byte) paths).put((byte) 0).put((byte) lastPath).put((byte) paths);
    out.putShort((short) 0).put((byte) paths).put((byte) paths);
    for (int path = 0; path < PATHS; path++) {
      boolean installed = (paths & 0x80 >>> path) != 0;
      out.put((byte) (installed ? FIRST_CHPID + path : 0));
    }
    out.position(PMCW_SIZE);
    current().put(out);
    return out.array();
  }

  private Scsw current() {
    if (status != null) {
      return status;
    }
    int fctl =
        (orb != null ? FCTL_START : 0)
            | ((activity & ACTL_HALT_PEND) != 0 ? FCTL_HALT : 0)
            | ((activity & ACTL_CLEAR_PEND) != 0 ? FCTL_CLEAR : 0);
    return new Scsw(orb != null && orb.prefetch(), fctl, activity, 0, 0, 0, 0, 0);
  }

  /** Whether status is pending. */
  public boolean pending() {
    return status != null;
  }

  /** TEST SUBCHANNEL: takes the pending status; null when there is none. */
  public @Nullable Scsw tsch() {
    Scsw taken = status;
    status = null;
    return taken;
  }

  /**
   * The device ends its program, or reports on it. Nothing happens when none runs, or while a halt
   * or clear is pending.
   *
   * @param count residual bytes of the last CCW
   * @param lastCcw the index of the CCW executed last; below 0: the program's last
   * @param last the program has ended
   */
  public void complete(int dstat, int cstat, int count, int lastCcw, boolean last) {
    if (orb == null || (activity & (ACTL_HALT_PEND | ACTL_CLEAR_PEND)) != 0) {
      return;
    }
    int cpa = device.run(orb, lastCcw, count);
    int stctl = STCTL_PENDING | (last ? STCTL_PRIMARY | STCTL_SECONDARY : STCTL_INTERMEDIATE);
    if ((dstat & DSTAT_UNIT_CHECK) != 0 || cstat != 0) {
      stctl |= STCTL_ALERT;
    }
    boolean prefetch = orb.prefetch();
    if (last) {
      end(new Scsw(prefetch, FCTL_START, 0, stctl, cpa, dstat, cstat, count));
    } else {
      activity = ACTL_SCHACT | ACTL_DEVACT;
      status = new Scsw(prefetch, FCTL_START, activity, stctl, cpa, dstat, cstat, count);
    }
  }

  private void end(Scsw answer) {
    orb = null;
    activity = 0;
    status = answer;
  }

  /** The device asks for attention. A disabled subchannel shows no status. */
  public void unsolicited() {
    if (operational()) {
      status =
          new Scsw(
              orb != null && orb.prefetch(),
              orb != null ? FCTL_START : 0,
              activity,
              STCTL_ALERT | STCTL_PENDING,
              0,
              DSTAT_ATTENTION,
              0,
              0);
    }
  }

  /** Interrupts, when status is pending. */
  public void present() {
    if (status != null && driver != null) {
      driver.interrupt();
    }
  }

  /** A path goes or comes: nothing for one that the subchannel does not have. */
  public void path(int chpid, SubchannelDriver.PathEvent event) {
    int path = chpid - FIRST_CHPID;
    int mask = path < 0 || path >= PATHS ? 0 : configuration.paths() & 0x80 >>> path;
    if (mask != 0 && !gone && driver != null) {
      driver.path(mask, chpid, event);
    }
  }

  /** CANCEL SUBCHANNEL issued so far. */
  public long xschIssued() {
    return xsch;
  }

  /** HALT SUBCHANNEL issued so far. */
  public long hschIssued() {
    return hsch;
  }

  /** CLEAR SUBCHANNEL issued so far. */
  public long cschIssued() {
    return csch;
  }

  /** MODIFY SUBCHANNEL issued so far. */
  public long mschIssued() {
    return msch;
  }

  @Override
  public void writeState(StateWriter out) {
    out.flag("enabled", enabled);
    out.flag("gone", gone);
    out.number("isc", isc);
    out.hex("activity", activity);
    out.hex("last_path", lastPath);
    out.flag("program", orb != null);
    if (orb != null) {
      out.hex("lpm", orb.lpm());
      out.hex("cpa", orb.cpa());
    }
    out.flag("status_pending", status != null);
    out.hex("schib", StateHash.ofBytes(schib()));
    out.number("xsch", xsch);
    out.number("hsch", hsch);
    out.number("csch", csch);
    out.number("msch", msch);
    for (SubchannelFault fault : SubchannelFault.values()) {
      out.number(fault.name(), Integer.toUnsignedLong(faults[place(fault)]));
    }
    out.child("device", "", device);
  }
}
