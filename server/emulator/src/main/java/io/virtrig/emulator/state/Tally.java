package io.virtrig.emulator.state;

/**
 * Counts objects of one kind on a host, as they come and go. Whoever owns such objects counts them;
 * it is no state of its own, only what the state adds up to.
 */
public final class Tally {
  private long count;

  /** There are so many more, or with a minus fewer. */
  public void add(long more) {
    count += more;
  }

  /** How many there are. */
  public long count() {
    return count;
  }
}
