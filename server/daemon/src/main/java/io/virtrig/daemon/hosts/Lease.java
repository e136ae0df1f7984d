package io.virtrig.daemon.hosts;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How long a host lives unless somebody says that it is still needed.
 *
 * @param length how long after each renewal
 * @param end when, in the clock's nanoseconds
 */
public record Lease(Duration length, long end, LongSupplier clock) {

  /** What is left; never negative. */
  public Duration left() {
    return Duration.ofNanos(Math.max(0, end - clock.getAsLong()));
  }

  boolean isOver() {
    return end - clock.getAsLong() <= 0;
  }
}
