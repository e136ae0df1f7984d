package io.virtrig.emulator.kernel.vfio.ccw;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.Kernel;
import org.jspecify.annotations.Nullable;

/**
 * vfio_ccw_sch_quiesce: stops a subchannel that is busy and disables it. With the fixes of
 * "vfio-ccw fixes for kernel stacktraces" v2 the retries are counted over all rounds and a device
 * that cannot be stopped ends it; without them it never returns for such a device.
 */
final class Quiesce {
  private static final long WAIT = 3_000_000_000L;

  /** Rounds after which a device that is told to lose halts for ever counts as a hang. */
  private static final int MOST_ROUNDS = 10_000;

  private final Fsm fsm;
  private final Cio cio;
  private final Kernel kernel;
  private long timeouts;

  Quiesce(Fsm fsm, Cio cio, Kernel kernel) {
    this.fsm = fsm;
    this.cio = cio;
    this.kernel = kernel;
  }

  /** Whether the fixes are applied. */
  boolean fixed() {
    return kernel.configuration().spec().getKernel().getCcwFixes();
  }

  /** Waits that ran out without an interrupt. */
  long timeouts() {
    return timeouts;
  }

  /** Null: the subchannel is disabled; EIO: it cannot be stopped; ENODEV: it is gone. */
  @Nullable Errno run() {
    return fixed() ? runFixed() : runBefore();
  }

  private @Nullable Errno runFixed() {
    Cio.Stopping stopping = cio.new Stopping();
    for (int round = 0; round < MOST_ROUNDS; round++) {
      Errno stopped = stopping.cancelHaltClear();
      if (stopped == Errno.EIO) {
        fsm.report("quiesce_failed", "the device cannot be stopped: no retry is left");
        return Errno.EIO;
      }
      await(stopped);
      Errno disabled = cio.disable();
      if (disabled != Errno.EBUSY) {
        return disabled;
      }
    }
    throw hang("the device stays busy, and loses every halt");
  }

  private @Nullable Errno runBefore() {
    for (int round = 0; round < MOST_ROUNDS; round++) {
      Cio.Stopping stopping = cio.new Stopping();
      Errno stopped = stopping.cancelHaltClear();
      for (int wait = 0; stopped == Errno.EBUSY && wait < MOST_ROUNDS; wait++) {
        await(stopped);
        stopped = stopping.cancelHaltClear();
      }
      Errno disabled = cio.disable();
      if (disabled != Errno.EBUSY) {
        return disabled;
      }
      if (stopped == Errno.EIO) {
        throw hang("no retry is left and the subchannel is busy: the retries begin again");
      }
    }
    throw hang("the device stays busy");
  }

  private KernelError hang(String why) {
    fsm.report("hang", why);
    return new KernelError(Errno.HANG, why);
  }

  /** The lock is dropped; whoever expects an interrupt waits for it. */
  private void await(@Nullable Errno stopped) {
    if (!fsm.unlock() && stopped == Errno.EBUSY) {
      timeouts++;
      kernel.clock().advance(WAIT);
    }
  }
}
