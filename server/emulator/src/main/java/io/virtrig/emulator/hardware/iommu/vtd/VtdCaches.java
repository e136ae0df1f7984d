package io.virtrig.emulator.hardware.iommu.vtd;

import io.virtrig.emulator.hardware.iommu.TranslationCache;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/**
 * What a unit keeps of translations: an IOTLB and a paging-structure cache, and how each
 * invalidation thins them out. Second-level entries are tagged by domain and address, those of the
 * first level and nested ones by domain, PASID and address.
 */
final class VtdCaches implements Stateful {
  /** The PASID of second-level entries: none. */
  static final int NO_SPACE = -1;

  private static final int PAGE_SHIFT = 12;
  private static final int ALL_BITS = Long.SIZE - PAGE_SHIFT;

  private final TranslationCache translations;
  private final TranslationCache paging;

  VtdCaches(int entries) {
    translations = new TranslationCache(entries);
    paging = new TranslationCache(entries);
  }

  TranslationCache translations() {
    return translations;
  }

  TranslationCache paging() {
    return paging;
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
    out.child("iotlb", "", translations);
    out.child("paging", "", paging);
  }
}
