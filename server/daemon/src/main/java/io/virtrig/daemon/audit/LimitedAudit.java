package io.virtrig.daemon.audit;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Passes on so many acts a second and counts the others: for those that anybody can bring about, as
 * often as they like. The next one that is passed on says how many are missing.
 */
public final class LimitedAudit implements Audit {
  private static final long PERIOD = Duration.ofSeconds(1).toNanos();

  private final Audit to;
  private final int most;
  private final LongSupplier clock;
  private final AtomicLong period = new AtomicLong(Long.MIN_VALUE);
  private final AtomicInteger passed = new AtomicInteger();
  private final AtomicLong missing = new AtomicLong();

  /** At most that many a second. */
  public LimitedAudit(Audit to, int most) {
    this(to, most, System::nanoTime);
  }

  LimitedAudit(Audit to, int most, LongSupplier clock) {
    this.to = to;
    this.most = most;
    this.clock = clock;
  }

  @Override
  public void record(Act act) {
    long now = clock.getAsLong() / PERIOD;
    long before = period.get();
    if (now != before && period.compareAndSet(before, now)) {
      passed.set(0);
    }
    if (passed.incrementAndGet() > most) {
      missing.incrementAndGet();
      return;
    }
    long unsaid = missing.getAndSet(0);
    to.record(
        unsaid == 0
            ? act
            : new Act(
                act.tenant(),
                act.identity(),
                act.peer(),
                act.act(),
                act.object(),
                act.outcome() + ", and " + unsaid + " more like it were not written down"));
  }
}
