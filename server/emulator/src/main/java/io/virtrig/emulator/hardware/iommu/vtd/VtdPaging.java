package io.virtrig.emulator.hardware.iommu.vtd;

import static io.virtrig.emulator.hardware.iommu.TableKind.FIRST_LEVEL;
import static io.virtrig.emulator.hardware.iommu.TableKind.PASID_TABLE;
import static io.virtrig.emulator.hardware.iommu.TableKind.SECOND_LEVEL;
import static io.virtrig.emulator.hardware.iommu.vtd.VtdOutcome.FAULTED;

import io.virtrig.emulator.hardware.iommu.CacheKind;
import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.StaleListener;
import io.virtrig.emulator.hardware.iommu.TableKind;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.TablesCheck;
import io.virtrig.emulator.hardware.iommu.TranslationCache;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import io.virtrig.emulator.hardware.iommu.vtd.SecondLevel.Purpose;
import org.jspecify.annotations.Nullable;

/**
 * From a PASID-table entry on: pass-through, first level, second level, or one over the other, with
 * what the unit keeps of them.
 *
 * <p>What is kept stays in force whatever the tables say, until it is invalidated. A write by a
 * translation that has not made its page dirty yet sets the dirty bit, if the page's entry is still
 * the same.
 */
final class VtdPaging {
  private static final long INTERRUPT_RANGE = 0xfeeL;
  private static final int INTERRUPT_RANGE_SHIFT = 20;
  private static final int PAGE_SHIFT = 12;

  /** An entry as a legacy context entry would be one: second level only. */
  private static final PasidEntry LEGACY = PasidEntry.legacy();

  /** Rights of a translation: the level of the first level that keeps users, or writes, out. */
  private static final int USER_DENIED_SHIFT = 4;

  private static final int LEVEL = 0xf;
  private static final int READABLE = 1 << 8;
  private static final int WRITABLE = 1 << 9;
  private static final int DIRTY = 1 << 10;

  /** Bits that walks set: a change of theirs makes nothing stale. */
  private static final long MARKS = PagingEntry.FL_A | PagingEntry.FL_D | PagingEntry.FL_EA;

  private final TableMemory memory;
  private final VtdCapabilities capabilities;
  private final VtdOutcome outcome;
  private final FirstLevel first;
  private final @Nullable VtdCaches caches;
  private final @Nullable PagingCache upper;
  private final TablesCheck check;

  VtdPaging(
      TableMemory memory,
      VtdCapabilities capabilities,
      VtdOutcome outcome,
      @Nullable VtdCaches caches) {
    this.memory = memory;
    check = new TablesCheck(memory, MARKS, "leaf");
    this.capabilities = capabilities;
    this.outcome = outcome;
    this.caches = caches;
    first = new FirstLevel(memory, capabilities, outcome);
    upper = caches == null ? null : new PagingCache(caches.paging());
  }

  void staleListener(StaleListener listener) {
    check.listener(listener);
  }

  static boolean isInterrupt(DmaRequest request) {
    return request.write() && !request.hasPasid() && inInterruptRange(request.address());
  }

  private static boolean inInterruptRange(long address) {
    return address >>> INTERRUPT_RANGE_SHIFT == INTERRUPT_RANGE;
  }

  /**
   * Translates.
   *
   * @param domain what entries are tagged with
   * @param space the PASID that they are tagged with
   */
  void translate(
      PasidEntry pasid,
      SecondLevel second,
      int domain,
      int space,
      DmaRequest request,
      boolean privileged) {
    if (pasid.faultProcessingDisabled()) {
      outcome.disableFaultProcessing();
    }
    VtdFault wrong = pasid.check(capabilities, privileged);
    if (wrong != null) {
      outcome.fault(wrong, PASID_TABLE, 0);
      return;
    }
    int type = pasid.type();
    if (type == PasidEntry.PASS_THROUGH) {
      passThrough(request.address(), PASID_TABLE);
      return;
    }
    int tag = type == PasidEntry.SECOND_LEVEL_ONLY ? VtdCaches.NO_SPACE : space;
    if (caches != null && kept(caches.translations(), pasid, domain, tag, request, privileged)) {
      return;
    }
    switch (type) {
      case PasidEntry.SECOND_LEVEL_ONLY -> secondLevelOnly(second, domain, request);
      case PasidEntry.FIRST_LEVEL_ONLY ->
          withFirstLevel(pasid, null, domain, space, request, privileged);
      default -> withFirstLevel(pasid, second, domain, space, request, privileged);
    }
  }

  /** Translates by the second level of a legacy context entry. */
  void legacy(SecondLevel second, int domain, DmaRequest request) {
    if (caches == null
        || !kept(caches.translations(), LEGACY, domain, VtdCaches.NO_SPACE, request, false)) {
      secondLevelOnly(second, domain, request);
    }
  }

  /** Translates by a second level alone. */
  private void secondLevelOnly(SecondLevel second, int domain, DmaRequest request) {
    long to = second.translate(request.address(), request.write(), Purpose.REQUEST);
    if (to == FAULTED || !finish(to, second.pageShift(), SECOND_LEVEL)) {
      return;
    }
    if (caches != null) {
      caches
          .translations()
          .add(
              PasidEntry.SECOND_LEVEL_ONLY,
              domain,
              VtdCaches.NO_SPACE,
              request.address(),
              second.pageShift(),
              page(to, second.pageShift()),
              rights(second) | DIRTY);
    }
  }

  private void withFirstLevel(
      PasidEntry pasid,
      @Nullable SecondLevel second,
      int domain,
      int space,
      DmaRequest request,
      boolean privileged) {
    if (upper != null) {
      upper.use(domain, space);
    }
    long to = first.translate(pasid, request, privileged, second, upper);
    if (to == FAULTED) {
      return;
    }
    int pageShift = first.pageShift();
    int rights = READABLE | WRITABLE;
    if (second != null) {
      to = second.translate(to, request.write(), Purpose.REQUEST);
      if (to == FAULTED) {
        return;
      }
      pageShift = Math.min(pageShift, second.pageShift());
      rights = rights(second);
    }
    if (!finish(to, pageShift, second == null ? FIRST_LEVEL : SECOND_LEVEL)) {
      return;
    }
    if (caches != null && upper != null) {
      boolean dirty = (first.entry(first.leafLevel()) & PagingEntry.FL_D) != 0 || request.write();
      rights |= first.userDeniedAt() << USER_DENIED_SHIFT | first.writeDeniedAt();
      keep(
          caches.translations(),
          upper,
          second == null ? PasidEntry.FIRST_LEVEL_ONLY : PasidEntry.NESTED,
          domain,
          space,
          request.address(),
          pageShift,
          page(to, pageShift),
          dirty ? rights | DIRTY : rights);
      upper.add(first, request.address(), pasid.firstLevels());
    }
  }

  private static int rights(SecondLevel second) {
    return (second.readable() ? READABLE : 0) | (second.writable() ? WRITABLE : 0);
  }

  private void keep(
      TranslationCache translations,
      PagingCache from,
      int kind,
      int domain,
      int space,
      long address,
      int pageShift,
      long target,
      int rights) {
    int slot = translations.add(kind, domain, space, address, pageShift, target, rights);
    if (slot == TranslationCache.NONE) {
      return;
    }
    from.copyWords(translations, slot);
    for (int level = first.topLevel(); level >= first.leafLevel(); level--) {
      translations.addWord(slot, first.entryAddress(level), first.entry(level));
    }
    translations.checked(slot, memory.changes());
  }

  /** Translates by what is kept, if anything is. */
  private boolean kept(
      TranslationCache translations,
      PasidEntry pasid,
      int domain,
      int space,
      DmaRequest request,
      boolean privileged) {
    int slot = translations.find(pasid.type(), domain, space, request.address());
    if (slot == TranslationCache.NONE) {
      translations.use().miss();
      return false;
    }
    translations.use().hit();
    if (translations.checked(slot) != memory.changes()) {
      check.used(translations, slot, request);
    }
    if (allowed(translations, slot, pasid, request, privileged)
        && request.write()
        && (translations.rights(slot) & DIRTY) == 0) {
      makeDirty(translations, slot);
    }
    return true;
  }

  /** Decides by an entry, and changes nothing. */
  private boolean allowed(
      TranslationCache translations,
      int slot,
      PasidEntry pasid,
      DmaRequest request,
      boolean privileged) {
    int rights = translations.rights(slot);
    int pageShift = translations.shift(slot);
    int userDeniedAt = rights >> USER_DENIED_SHIFT & LEVEL;
    int writeDeniedAt = rights & LEVEL;
    if (!privileged && userDeniedAt != 0) {
      outcome.fault(VtdFault.NOT_USER, FIRST_LEVEL, userDeniedAt);
      return false;
    }
    if (request.write() && writeDeniedAt != 0 && (!privileged || pasid.writeProtect())) {
      outcome.fault(VtdFault.NO_WRITE, FIRST_LEVEL, writeDeniedAt);
      return false;
    }
    if ((rights & (request.write() ? WRITABLE : READABLE)) == 0) {
      VtdFault denied = request.write() ? VtdFault.NO_WRITE : VtdFault.NO_READ;
      outcome.fault(denied, SECOND_LEVEL, PagingEntry.level(pageShift));
      return false;
    }
    long within = (1L << pageShift) - 1;
    outcome.translated(translations.target(slot) | (request.address() & within), pageShift);
    return true;
  }

  /**
   * What another's caches say of an access.
   *
   * @return false when they have no translation for it
   */
  boolean look(
      VtdCaches of,
      PasidEntry pasid,
      int domain,
      int space,
      DmaRequest request,
      boolean privileged,
      WalkObserver observer) {
    int levels = pasid.firstLevels();
    int upperSlot = of.paging().peek(levels, domain, space, request.address());
    if (upperSlot != TranslationCache.NONE) {
      boolean stale = check.isStale(of.paging(), upperSlot);
      observer.hit(CacheKind.PAGING_STRUCTURE, of.paging(), upperSlot, stale);
    }
    int tag = pasid.type() == PasidEntry.SECOND_LEVEL_ONLY ? VtdCaches.NO_SPACE : space;
    int slot = of.translations().peek(pasid.type(), domain, tag, request.address());
    if (slot == TranslationCache.NONE || pasid.check(capabilities, privileged) != null) {
      return false;
    }
    boolean stale = check.isStale(of.translations(), slot);
    observer.hit(CacheKind.IOTLB, of.translations(), slot, stale);
    allowed(of.translations(), slot, pasid, request, privileged);
    return true;
  }

  private void makeDirty(TranslationCache translations, int slot) {
    int leaf = translations.words(slot) - 1;
    long at = translations.wordAddress(slot, leaf);
    if (((memory.word(at) ^ translations.word(slot, leaf)) & ~MARKS) == 0
        && memory.or(at, PagingEntry.FL_D)) {
      translations.rights(slot, translations.rights(slot) | DIRTY);
    }
  }

  void passThrough(long address, TableKind by) {
    if ((address & capabilities.beyondHost()) != 0) {
      outcome.fault(VtdFault.BEYOND_HOST, by, 0);
    } else {
      finish(address, PAGE_SHIFT, by);
    }
  }

  private boolean finish(long address, int pageShift, TableKind by) {
    if (inInterruptRange(address)) {
      outcome.fault(VtdFault.INTERRUPT_RANGE, by, 0);
      return false;
    }
    outcome.translated(address, pageShift);
    return true;
  }

  private static long page(long address, int pageShift) {
    return address & (-1L << pageShift);
  }
}
