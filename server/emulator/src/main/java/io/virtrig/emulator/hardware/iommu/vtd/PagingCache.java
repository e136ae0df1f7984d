package io.virtrig.emulator.hardware.iommu.vtd;

import io.virtrig.emulator.hardware.iommu.TranslationCache;

/**
 * A unit's paging-structure cache, seen by one walk: which table the upper levels lead to, so that
 * they need not be read again.
 */
final class PagingCache {
  private static final int USER_SHIFT = 4;
  private static final int LEVEL = 0xf;

  private final TranslationCache cache;
  private int domain;
  private int pasid;
  private int slot = TranslationCache.NONE;

  PagingCache(TranslationCache cache) {
    this.cache = cache;
  }

  /** Sets whose entries are meant. */
  void use(int ofDomain, int ofPasid) {
    domain = ofDomain;
    pasid = ofPasid;
  }

  /** Finds the lowest table that is known to lead to an address. */
  boolean find(long input, int levels) {
    slot = cache.find(levels, domain, pasid, input);
    if (slot == TranslationCache.NONE) {
      cache.use().miss();
      return false;
    }
    cache.use().hit();
    return true;
  }

  /** The slot of what was found. */
  int slot() {
    return slot;
  }

  /** The level of the table. */
  int level() {
    return PagingEntry.level(cache.shift(slot)) - 1;
  }

  /** The table. */
  long table() {
    return cache.target(slot);
  }

  /** The level above it that keeps users out; 0 for none. */
  int userDeniedAt() {
    return cache.rights(slot) >> USER_SHIFT & LEVEL;
  }

  /** The level above it that keeps writes out; 0 for none. */
  int writeDeniedAt() {
    return cache.rights(slot) & LEVEL;
  }

  /** Gives an entry the words of what was found. */
  void copyWords(TranslationCache to, int entry) {
    if (slot != TranslationCache.NONE) {
      for (int i = 0; i < cache.words(slot); i++) {
        to.addWord(entry, cache.wordAddress(slot, i), cache.word(slot, i));
      }
    }
  }

  /** Keeps what a walk used that has succeeded. */
  void add(FirstLevel walk, long input, int levels) {
    int user = 0;
    int write = 0;
    int from = slot;
    if (walk.topLevel() < levels) {
      user = userDeniedAt();
      write = writeDeniedAt();
    }
    for (int level = walk.topLevel(); level > walk.leafLevel(); level--) {
      long entry = walk.entry(level);
      user = user == 0 && (entry & PagingEntry.FL_US) == 0 ? level : user;
      write = write == 0 && (entry & PagingEntry.FL_RW) == 0 ? level : write;
      int added =
          cache.add(
              levels,
              domain,
              pasid,
              input,
              PagingEntry.shift(level),
              PagingEntry.address(entry),
              user << USER_SHIFT | write);
      if (added == TranslationCache.NONE) {
        return;
      }
      if (from != TranslationCache.NONE) {
        cache.copyWords(from, added);
      }
      cache.addWord(added, walk.entryAddress(level), entry);
      from = added;
    }
  }
}
