package io.virtrig.daemon.quota;

import java.time.Duration;

/** A tenant has as much as it may, or asks too often. Nothing was changed. */
public final class OverQuota extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Quota quota;
  private final long limit;
  private final long usage;
  private final Duration wait;

  OverQuota(Quota quota, long limit, long usage, Duration wait) {
    super(null, null, false, false);
    this.quota = quota;
    this.limit = limit;
    this.usage = usage;
    this.wait = wait;
  }

  /** Which. */
  public Quota quota() {
    return quota;
  }

  /** The most there may be. */
  public long limit() {
    return limit;
  }

  /** How much there was. */
  public long usage() {
    return usage;
  }

  /** After how long it is worth trying again; zero when there is never any. */
  public Duration waiting() {
    return wait;
  }

  @Override
  public String getMessage() {
    return quota == Quota.OPERATIONS_PER_SECOND
        ? "quota " + quota.key() + ": more than " + limit
        : "quota " + quota.key() + ": " + usage + " of " + limit + " are in use";
  }
}
