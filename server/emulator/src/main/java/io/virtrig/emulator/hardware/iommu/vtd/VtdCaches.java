package io.virtrig.emulator.hardware.iommu.vtd;

import io.virtrig.emulator.hardware.iommu.CacheUses;
import io.virtrig.emulator.hardware.iommu.TranslationCache;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a unit keeps of translations: an IOTLB and a paging-structure cache, and how each
 * invalidation thins them out. Second-level entries are tagged by domain and address, those of the
 * first level and nested ones by domain, PASID and address.
 */
final class VtdCaches implements Stateful {
  /** The PASID of second-level entries: none. */
  static final int NO_SPACE = -1;

  private static final int PAGE_SHIFT = 12;
  private static final int PASID_BITS = 20;

  /** By FM: the function bits that do not matter. */
  private static final int[] MASKED_FUNCTIONS = {0, 4, 6, 7};

  private static final int ALL_BITS = Long.SIZE - PAGE_SHIFT;

  private final TranslationCache translations;
  private final TranslationCache paging;

  /** Context entries by source, each with where it lies. */
  private final TreeMap<Integer, long[]> contexts = new TreeMap<>();

  /** PASID-table entries by source and PASID, each with where it lies. */
  private final TreeMap<Long, long[]> pasids = new TreeMap<>();

  VtdCaches(int entries, CacheUses uses) {
    translations = new TranslationCache(entries, uses.iotlb());
    paging = new TranslationCache(entries, uses.paging());
  }

  TranslationCache translations() {
    return translations;
  }

  TranslationCache paging() {
    return paging;
  }

  /** The context entry that is kept for a source. */
  long @Nullable [] context(int source) {
    return contexts.get(source);
  }

  void keepContext(int source, long[] entry) {
    contexts.put(source, entry);
  }

  /** The PASID-table entry that is kept for a source's PASID. */
  long @Nullable [] pasid(int source, int pasid) {
    return pasids.get(key(source, pasid));
  }

  void keepPasid(int source, int pasid, long[] entry) {
    pasids.put(key(source, pasid), entry);
  }

  private static long key(int source, int pasid) {
    return (long) source << PASID_BITS | pasid;
  }

  /** Context cache, global; also what a scalable unit does for a domain, which entries lack. */
  void flushContexts() {
    contexts.clear();
  }

  /** Context cache, domain-selective: legacy entries name their domain. */
  void flushContexts(int domain) {
    contexts.values().removeIf(entry -> (int) (entry[1] >>> 8 & 0xffff) == domain);
  }

  /** Context cache, device-selective: sources that differ only in the bits of the function mask. */
  void flushContext(int source, int functionMask) {
    int ignored = MASKED_FUNCTIONS[functionMask];
    contexts.keySet().removeIf(other -> ((other ^ source) & ~ignored) == 0);
  }

  /** PASID cache, global. */
  void flushPasids() {
    pasids.clear();
    paging.removeIf(slot -> true);
  }

  /** PASID cache, domain-selective. */
  void flushPasids(int domain) {
    pasids.values().removeIf(entry -> (int) (entry[1] & 0xffff) == domain);
    paging.removeIf(slot -> paging.domain(slot) == domain);
  }

  /** PASID cache, PASID-selective within a domain. */
  void flushPasidEntry(int domain, int pasid) {
    pasids
        .entrySet()
        .removeIf(
            entry ->
                (int) (entry.getKey() & ((1L << PASID_BITS) - 1)) == pasid
                    && (int) (entry.getValue()[1] & 0xffff) == domain);
    flushPaging(domain, pasid);
  }

  /** IOTLB, global. */
  void flushAll() {
    translations.removeIf(slot -> true);
    paging.removeIf(slot -> true);
  }

  /** IOTLB, domain-selective. */
  void flushDomain(int domain) {
    translations.removeIf(slot -> translations.domain(slot) == domain);
    paging.removeIf(slot -> paging.domain(slot) == domain);
  }

  /**
   * IOTLB, page-selective within a domain: second-level entries of the pages, and every nested one
   * of the domain, which are not known by the address given here.
   */
  void flushPages(int domain, long address, int addressMask, boolean leafOnly) {
    long first = first(address, addressMask);
    long last = last(address, addressMask);
    translations.removeIf(
        slot ->
            translations.domain(slot) == domain
                && (translations.kind(slot) == PasidEntry.NESTED
                    || (translations.kind(slot) == PasidEntry.SECOND_LEVEL_ONLY
                        && translations.touches(slot, first, last))));
  }

  /** PASID-based IOTLB, PASID-selective; also what goes with a flush of the PASID cache. */
  void flushPasid(int domain, int pasid) {
    translations.removeIf(
        slot -> translations.domain(slot) == domain && translations.space(slot) == pasid);
    paging.removeIf(slot -> paging.domain(slot) == domain && paging.space(slot) == pasid);
  }

  /** Paging-structure entries of a PASID, which go with its entry in the PASID cache. */
  void flushPaging(int domain, int pasid) {
    paging.removeIf(slot -> paging.domain(slot) == domain && paging.space(slot) == pasid);
  }

  /** PASID-based IOTLB, page-selective within a PASID. */
  void flushPasidPages(int domain, int pasid, long address, int addressMask, boolean leafOnly) {
    long first = first(address, addressMask);
    long last = last(address, addressMask);
    translations.removeIf(
        slot ->
            translations.domain(slot) == domain
                && translations.space(slot) == pasid
                && translations.touches(slot, first, last));
    if (!leafOnly) {
      paging.removeIf(
          slot ->
              paging.domain(slot) == domain
                  && paging.space(slot) == pasid
                  && paging.touches(slot, first, last));
    }
  }

  private static long first(long address, int addressMask) {
    return addressMask >= ALL_BITS ? 0 : address & (-1L << (PAGE_SHIFT + addressMask));
  }

  private static long last(long address, int addressMask) {
    return addressMask >= ALL_BITS ? -1L : address | ((1L << (PAGE_SHIFT + addressMask)) - 1);
  }

  @Override
  public void writeState(StateWriter out) {
    contexts.forEach((source, entry) -> out.hex("context_" + source, entry[0]));
    pasids.forEach((key, entry) -> out.hex("pasid_" + key, entry[0]));
    out.child("iotlb", "", translations);
    out.child("paging", "", paging);
  }
}
