package io.virtrig.emulator.hardware.vdpa;

import java.util.ArrayDeque;

/**
 * The devices of a host that were kicked and have not run yet: what a work queue is in the kernel.
 * A device that kicks another, or itself, by what it signals, does not run inside of the run, so
 * that chains of devices neither nest nor go on for ever.
 */
final class KickQueue {
  /**
   * What all runs that follow one kick may move, in bytes, with a charge for each part of a chain:
   * a limit of the simulator. What is left waits for the next kick.
   */
  private static final long MOST_WORK = 1L << 30;

  private final ArrayDeque<VdpaDevice> kicked = new ArrayDeque<>();
  private boolean running;
  private long work;

  /**
   * Runs a device, and all that are kicked meanwhile; or leaves that to whoever does so already.
   */
  void kick(VdpaDevice device) {
    kicked.add(device);
    if (running) {
      return;
    }
    running = true;
    work = 0;
    try {
      for (VdpaDevice next = kicked.poll(); next != null; next = kicked.poll()) {
        next.run();
      }
    } finally {
      running = false;
    }
  }

  /** A request cost some work. */
  void charge(long cost) {
    work += cost;
  }

  /** Whether more may be done. */
  boolean mayWork() {
    return work < MOST_WORK;
  }
}
