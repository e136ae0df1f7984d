package io.virtrig.daemon.quota;

import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a tenant has taken, held against what it may. Safe for use by several threads.
 *
 * <p>What is taken as a whole (hosts, devices, streams, calls) is taken only when there is room.
 * What operations take as they go is looked at before an operation and counted after it, so usage
 * goes beyond a limit by at most what the operations under way take.
 */
public final class Account {
  private static final Duration IN_FLIGHT_WAIT = Duration.ofMillis(100);

  /** For what somebody else of the tenant may give back. */
  private static final Duration WAIT = Duration.ofSeconds(1);

  /** The limits in force and what follows from them. */
  private record Limits(
      Quotas quotas, boolean onOperations, boolean noOperations, @Nullable Bucket rate) {}

  private final TimeMeter clock;
  private final Consumer<OverQuota> listener;

  /** One for each quota; the maps themselves never change. */
  private final Map<Quota, AtomicLong> used = zeroes();

  private final Map<Quota, AtomicLong> refused = zeroes();
  private final LongAdder calls = new LongAdder();
  private volatile Limits limits;

  /**
   * An account from which nothing has been taken.
   *
   * @param listener is told of each refusal
   */
  public Account(Quotas quotas, Consumer<OverQuota> listener) {
    this(quotas, listener, TimeMeter.SYSTEM_NANOTIME);
  }

  Account(Quotas quotas, Consumer<OverQuota> listener, TimeMeter clock) {
    this.clock = clock;
    this.listener = listener;
    limits = limits(quotas);
  }

  private static Map<Quota, AtomicLong> zeroes() {
    Map<Quota, AtomicLong> zeroes = new EnumMap<>(Quota.class);
    for (Quota quota : Quota.values()) {
      zeroes.put(quota, new AtomicLong());
    }
    return zeroes;
  }

  private static AtomicLong of(Quota quota, Map<Quota, AtomicLong> numbers) {
    AtomicLong number = numbers.get(quota);
    if (number == null) {
      throw new IllegalStateException("each has one");
    }
    return number;
  }

  private Limits limits(Quotas quotas) {
    boolean onOperations =
        quotas.limits().containsKey(Quota.GUEST_BYTES)
            || quotas.limits().containsKey(Quota.MAPPINGS)
            || quotas.limits().containsKey(Quota.EVENTFDS);
    long rate = quotas.limit(Quota.OPERATIONS_PER_SECOND);
    return new Limits(
        quotas,
        onOperations,
        rate == 0,
        rate == Quotas.UNLIMITED || rate == 0 ? null : bucket(rate));
  }

  private Bucket bucket(long rate) {
    return Bucket.builder()
        .withCustomTimePrecision(clock)
        .addLimit(
            Bandwidth.builder().capacity(rate).refillGreedy(rate, Duration.ofSeconds(1)).build())
        .build();
  }

  /** The limits in force. */
  public Quotas quotas() {
    return limits.quotas;
  }

  /** Puts other limits in force; what is in use beyond them stays in use. */
  public void limit(Quotas quotas) {
    if (!quotas.equals(limits.quotas)) {
      limits = limits(quotas);
    }
  }

  /** How much is in use. */
  public long used(Quota quota) {
    return of(quota, used).get();
  }

  /**
   * Which part of a quota is in use: 1 for all of it, more where usage went beyond it, or where
   * operations are owed.
   *
   * @return not a number where nothing is limited
   */
  public double partUsed(Quota quota) {
    Limits now = limits;
    long limit = now.quotas.limit(quota);
    if (limit == Quotas.UNLIMITED) {
      return Double.NaN;
    }
    long used =
        now.rate != null && quota == Quota.OPERATIONS_PER_SECOND
            ? limit - now.rate.getAvailableTokens()
            : used(quota);
    return (double) used / Math.max(1, limit);
  }

  /** Counts a call that has been let in. */
  public void countCall() {
    calls.increment();
  }

  /** How many calls have been let in, streams among them. */
  public long calls() {
    return calls.sum();
  }

  /** How often this one has refused. */
  public long refused(Quota quota) {
    return of(quota, refused).get();
  }

  /**
   * Takes some.
   *
   * @throws OverQuota when there is no room for all of it
   */
  public void take(Quota quota, long amount) {
    long limit = limits.quotas.limit(quota);
    long now = of(quota, used).addAndGet(amount);
    if (now > limit && amount > 0) {
      of(quota, used).addAndGet(-amount);
      throw refusal(quota, limit, now - amount);
    }
  }

  /** Counts what has been taken, or with a minus given back, whatever the limit. */
  public void count(Quota quota, long amount) {
    var _ = of(quota, used).addAndGet(amount);
  }

  /** Whether any of what operations take is limited. */
  public boolean limitsOperations() {
    return limits.onOperations;
  }

  /** The refusal of an operation that would take some of a quota of which none is left, or null. */
  public @Nullable OverQuota full(Quota quota) {
    long limit = limits.quotas.limit(quota);
    long now = of(quota, used).get();
    return now >= limit ? refusal(quota, limit, now) : null;
  }

  /**
   * Lets operations through that come by themselves. A call brings its operations as one: it comes
   * through when there is room for one of them, and those after it wait until all are paid for.
   *
   * @param count none for a call that counts its operations when it has found them
   * @throws OverQuota when there is no room; it says how long to wait
   */
  public void operations(int count) {
    Limits now = limits;
    Bucket rate = now.rate;
    if (rate == null) {
      requireAny(now);
      return;
    }
    if (count == 0) {
      return;
    }
    ConsumptionProbe probe = rate.tryConsumeAndReturnRemaining(1);
    if (!probe.isConsumed()) {
      throw refusal(
          Quota.OPERATIONS_PER_SECOND,
          now.quotas.limit(Quota.OPERATIONS_PER_SECOND),
          Duration.ofNanos(probe.getNanosToWaitForRefill()));
    }
    if (count > 1) {
      var _ = rate.consumeIgnoringRateLimits(count - 1);
    }
  }

  /**
   * Lets the operations of a batch of a stream through.
   *
   * @return nanoseconds until the stream may bring its next
   * @throws OverQuota when the tenant may do none at all
   */
  public long batch(int count) {
    Limits now = limits;
    Bucket rate = now.rate;
    if (rate == null) {
      requireAny(now);
      return 0;
    }
    return count == 0 ? 0 : rate.consumeIgnoringRateLimits(count);
  }

  private void requireAny(Limits now) {
    if (now.noOperations) {
      throw refusal(Quota.OPERATIONS_PER_SECOND, 0, Duration.ZERO);
    }
  }

  private OverQuota refusal(Quota quota, long limit, long usage) {
    return told(new OverQuota(quota, limit, usage, limit == 0 ? Duration.ZERO : wait(quota)));
  }

  private static Duration wait(Quota quota) {
    return quota == Quota.CALLS_IN_FLIGHT ? IN_FLIGHT_WAIT : WAIT;
  }

  private OverQuota refusal(Quota quota, long limit, Duration wait) {
    return told(new OverQuota(quota, limit, limit, wait));
  }

  private OverQuota told(OverQuota refusal) {
    of(refusal.quota(), refused).incrementAndGet();
    listener.accept(refusal);
    return refusal;
  }
}
