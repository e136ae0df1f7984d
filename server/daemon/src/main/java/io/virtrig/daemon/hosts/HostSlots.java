package io.virtrig.daemon.hosts;

import java.util.concurrent.atomic.AtomicInteger;

/** How many hosts the daemon has, of all tenants together, and may have. */
public final class HostSlots {
  private final AtomicInteger taken = new AtomicInteger();
  private final int most;

  /** None is taken, and never more than {@code most} will be. */
  public HostSlots(int most) {
    this.most = most;
  }

  /**
   * Takes one.
   *
   * @throws HostRefused when none is left
   */
  void take() {
    if (taken.incrementAndGet() > most) {
      taken.decrementAndGet();
      throw new HostRefused(
          HostRefused.Reason.LIMIT, "the daemon holds " + most + " hosts, as many as it may");
    }
  }

  /** Gives one back. */
  void giveBack() {
    taken.decrementAndGet();
  }

  /** Hosts there are. */
  public int taken() {
    return taken.get();
  }
}
