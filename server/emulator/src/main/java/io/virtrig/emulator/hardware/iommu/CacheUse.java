package io.virtrig.emulator.hardware.iommu;

/** How caches of one kind were used during an operation. Between operations it is all zero. */
public final class CacheUse {
  private long hits;
  private long misses;
  private long evictions;

  /** Something was kept. */
  public void hit() {
    hits++;
  }

  /** It was not. */
  public void miss() {
    misses++;
  }

  /** An entry made room for another. */
  void evicted() {
    evictions++;
  }

  boolean isUnused() {
    return (hits | misses | evictions) == 0;
  }

  long hits() {
    return hits;
  }

  long misses() {
    return misses;
  }

  long evictions() {
    return evictions;
  }

  void clear() {
    hits = 0;
    misses = 0;
    evictions = 0;
  }
}
