package io.virtrig.emulator.kernel.vfio.ccw;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.hardware.css.Scsw;
import io.virtrig.emulator.hardware.css.Subchannel;
import io.virtrig.emulator.time.VirtualClock;
import org.jspecify.annotations.Nullable;

/** The common I/O layer below the driver (drivers/s390/cio/cio.c). Null stands for success. */
final class Cio {
  /** The interruption subclass of vfio-ccw's subchannels (VFIO_CCW_ISC). */
  private static final int VFIO_CCW_ISC = 3;

  /** How often MODIFY SUBCHANNEL is tried. */
  private static final int TRIES = 5;

  private static final long BUSY_WAIT = 100_000;

  private final Subchannel subchannel;
  private final VirtualClock clock;

  Cio(Subchannel subchannel, VirtualClock clock) {
    this.subchannel = subchannel;
    this.clock = clock;
  }

  /** cio_enable_subchannel. EBUSY, ENODEV. */
  @Nullable Errno enable() {
    return modify(true);
  }

  /** cio_disable_subchannel. EBUSY, ENODEV. */
  @Nullable Errno disable() {
    return modify(false);
  }

  /** cio_commit_config. */
  private @Nullable Errno modify(boolean enable) {
    if (!subchannel.there()) {
      return Errno.ENODEV;
    }
    for (int retry = 0; retry < TRIES; retry++) {
      switch (subchannel.msch(enable, VFIO_CCW_ISC)) {
        case 0 -> {
          return null;
        }
        case 1 -> subchannel.tsch();
        case 2 -> clock.advance(BUSY_WAIT);
        default -> {
          return Errno.ENODEV;
        }
      }
    }
    return Errno.EBUSY;
  }

  /** One attempt after the other to stop what runs, with the retries that are left. */
  final class Stopping {
    private static final int HALTS = 3;
    private static final int CLEARS = 255;

    private int retries = CLEARS;

    /**
     * cio_cancel_halt_clear.
     *
     * @return null: nothing runs; EBUSY: an interrupt is to come; EIO: no retry is left; ENODEV
     */
    @Nullable Errno cancelHaltClear() {
      if (!subchannel.there()) {
        return Errno.ENODEV;
      }
      if (!subchannel.enabled()) {
        return null;
      }
      int activity = subchannel.activity();
      if ((activity & (Scsw.ACTL_HALT_PEND | Scsw.ACTL_CLEAR_PEND)) == 0) {
        int cc = subchannel.xsch();
        if (cc != 2) {
          return cc == 0 ? null : cc == 1 ? Errno.EBUSY : Errno.ENODEV;
        }
        retries = HALTS;
      }
      if ((activity & Scsw.ACTL_CLEAR_PEND) == 0) {
        if (retries > 0) {
          retries--;
          int cc = subchannel.hsch();
          if (cc == 0 || cc == 3) {
            return cc == 0 ? Errno.EBUSY : Errno.ENODEV;
          }
        }
        retries = CLEARS;
      }
      if (retries > 0) {
        retries--;
        return subchannel.csch() == 0 ? Errno.EBUSY : Errno.ENODEV;
      }
      return Errno.EIO;
    }
  }
}
