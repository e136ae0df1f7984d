package io.virtrig.daemon.hosts;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Deletes hosts whose leases are over, so that a job that died leaves none behind. The clock is the
 * daemon's: hosts know nothing of it. Only {@link #renew} renews, not use: what hangs may use a
 * host for ever, and operations need not look at a clock.
 *
 * <p>Its own lock is never held while a host's is taken.
 */
public final class Leases implements AutoCloseable {
  /** The shortest that a lease may be. */
  public static final Duration SHORTEST = Duration.ofSeconds(1);

  /** The longest. */
  public static final Duration LONGEST = Duration.ofDays(3650);

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);

  private final LongSupplier clock;
  private final Counter expired;

  /** How to delete them; guarded by this. */
  private final Map<HostedHost, Runnable> deletions = new HashMap<>();

  /** Null before there is a lease; guarded by this. */
  private @Nullable ScheduledExecutorService thread;

  private boolean closed;

  /**
   * None yet.
   *
   * @param clock nanoseconds, as those of {@link System#nanoTime}
   */
  public Leases(LongSupplier clock, MeterRegistry registry) {
    this.clock = clock;
    Gauge.builder("virtrig.leases", this, Leases::size)
        .description("Hosts that live until a lease is over")
        .register(registry);
    expired =
        Counter.builder("virtrig.leases.expired")
            .description("Hosts deleted because their leases were over")
            .register(registry);
  }

  private synchronized int size() {
    return deletions.size();
  }

  /** Gives a host a lease, or another. */
  public synchronized void grant(HostedHost host, Duration length, Runnable deletion) {
    host.lease(new Lease(length, clock.getAsLong() + length.toNanos(), clock));
    deletions.put(host, deletion);
    if (thread == null && !closed) {
      thread =
          Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().name("leases").factory());
      var _ =
          thread.scheduleWithFixedDelay(
              this::expire,
              BETWEEN_LOOKS.toMillis(),
              BETWEEN_LOOKS.toMillis(),
              TimeUnit.MILLISECONDS);
    }
  }

  /**
   * Lets a host live on.
   *
   * @param length from now on; null for as long as before
   * @return whether it has a lease, and is not about to be deleted because that is over
   */
  public synchronized boolean renew(HostedHost host, @Nullable Duration length) {
    Lease lease = host.lease();
    Runnable deletion = deletions.get(host);
    if (lease == null || deletion == null) {
      return false;
    }
    grant(host, length == null ? lease.length() : length, deletion);
    return true;
  }

  /** Deletes the hosts whose leases are over, and forgets those that somebody deleted. */
  void expire() {
    List<HostedHost> leased;
    synchronized (this) {
      leased = List.copyOf(deletions.keySet());
    }
    List<HostedHost> ended = leased.stream().filter(HostedHost::isEnded).toList();
    List<Runnable> due = new ArrayList<>();
    synchronized (this) {
      ended.forEach(deletions::remove);
      deletions
          .entrySet()
          .removeIf(
              entry -> {
                Lease lease = entry.getKey().lease();
                boolean over = lease != null && lease.isOver();
                if (over) {
                  due.add(entry.getValue());
                }
                return over;
              });
    }
    expired.increment(due.size());
    due.forEach(Runnable::run);
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (thread != null) {
      thread.shutdownNow();
    }
  }
}
