package io.virtrig.emulator.hardware.iommu.smmuv3;

import static io.virtrig.emulator.hardware.iommu.smmuv3.Descriptor.FAULTED;

import io.virtrig.emulator.hardware.iommu.CacheKind;
import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.StaleListener;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.TablesCheck;
import io.virtrig.emulator.hardware.iommu.TranslationCache;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuEvent.EventClass;
import org.jspecify.annotations.Nullable;

/**
 * From the context descriptor on: stage 1, stage 2, or one over the other, with what the SMMU keeps
 * of them. What is kept stays in force whatever the tables say, until it is invalidated.
 */
final class SmmuPaging {
  private static final int PAGE_SHIFT = 12;

  /** Rights of a translation. */
  private static final int USER = 1;

  private static final int WRITABLE = 1 << 1;
  private static final int READABLE_2 = 1 << 2;
  private static final int WRITABLE_2 = 1 << 3;

  private final TableMemory memory;
  private final SmmuCapabilities capabilities;
  private final SmmuOutcome outcome;
  private final Stage1 stage1;
  private final @Nullable SmmuCaches caches;
  private final TablesCheck check;

  SmmuPaging(
      TableMemory memory,
      SmmuCapabilities capabilities,
      SmmuOutcome outcome,
      @Nullable SmmuCaches caches) {
    this.memory = memory;
    check = new TablesCheck(memory, 0, "last level");
    this.capabilities = capabilities;
    this.outcome = outcome;
    this.caches = caches;
    stage1 = new Stage1(memory, capabilities, outcome);
  }

  void staleListener(StaleListener listener) {
    check.listener(listener);
  }

  /**
   * Translates.
   *
   * @param context what stage 1 does; null when it lets everything through
   * @param stage2 what stage 2 does; null when there is none
   * @param vmid what entries are tagged with
   */
  void translate(
      @Nullable ContextDescriptor context, @Nullable Stage2 stage2, int vmid, DmaRequest request) {
    if (context == null && request.address() >>> capabilities.outputBits() != 0) {
      outcome.fault(SmmuEvent.F_ADDR_SIZE, EventClass.IN, false, SmmuOutcome.NO_LEVEL, true);
      return;
    }
    int kind =
        (context == null ? 0 : SmmuCaches.STAGE_1) | (stage2 == null ? 0 : SmmuCaches.STAGE_2);
    long key = context == null ? request.address() : context.untagged(request.address());
    int asid = context == null ? SmmuCaches.NO_ASID : context.asid();
    if (caches != null
        && kind != 0
        && kept(caches.translations(), context, kind, vmid, asid, key, request)) {
      return;
    }
    long address = request.address();
    int pageShift = Long.SIZE;
    int rights = USER | WRITABLE | READABLE_2 | WRITABLE_2;
    if (context != null) {
      address = stage1.translate(context, request, stage2);
      if (address == FAULTED) {
        return;
      }
      pageShift = stage1.pageShift();
      rights &= ~(stage1.user() ? 0 : USER) & ~(stage1.writable() ? 0 : WRITABLE);
    }
    if (stage2 != null) {
      address = stage2.translate(address, request.write(), EventClass.IN);
      if (address == FAULTED) {
        return;
      }
      pageShift = Math.min(pageShift, stage2.pageShift());
      rights &= ~(stage2.readable() ? 0 : READABLE_2) & ~(stage2.writable() ? 0 : WRITABLE_2);
    }
    outcome.translated(address, pageShift == Long.SIZE ? PAGE_SHIFT : pageShift);
    if (caches != null && kind != 0) {
      keep(caches.translations(), context, kind, vmid, asid, key, rights);
    }
  }

  private void keep(
      TranslationCache translations,
      @Nullable ContextDescriptor context,
      int kind,
      int vmid,
      int asid,
      long key,
      int rights) {
    int shift = outcome.pageShift();
    long target = outcome.address() & (-1L << shift);
    int space = context != null && stage1.global() ? SmmuCaches.GLOBAL : asid;
    int slot = translations.add(kind, vmid, space, key, shift, target, rights);
    if (slot == TranslationCache.NONE) {
      return;
    }
    if (context != null) {
      for (int level = stage1.startLevel(); level <= stage1.leafLevel(); level++) {
        translations.addWord(slot, stage1.entryAddress(level), stage1.entry(level));
      }
    }
    translations.checked(slot, memory.changes());
  }

  private boolean kept(
      TranslationCache translations,
      @Nullable ContextDescriptor context,
      int kind,
      int vmid,
      int asid,
      long key,
      DmaRequest request) {
    int slot = translations.find(kind, vmid, asid, key);
    if (slot == TranslationCache.NONE && context != null) {
      slot = translations.find(kind, vmid, SmmuCaches.GLOBAL, key);
    }
    if (slot == TranslationCache.NONE) {
      translations.use().miss();
      return false;
    }
    translations.use().hit();
    if (translations.checked(slot) != memory.changes()) {
      check.used(translations, slot, request);
    }
    decide(translations, slot, context, request);
    return true;
  }

  /** Decides by an entry, and changes nothing. */
  private void decide(
      TranslationCache translations,
      int slot,
      @Nullable ContextDescriptor context,
      DmaRequest request) {
    int rights = translations.rights(slot);
    int shift = translations.shift(slot);
    boolean stage1Allows =
        context == null
            || ((request.privileged() || (rights & USER) != 0)
                && (!request.write() || (rights & WRITABLE) != 0));
    int level = Descriptor.level(shift);
    if (!stage1Allows) {
      outcome.fault(
          SmmuEvent.F_PERMISSION,
          EventClass.IN,
          false,
          level,
          context != null && context.records());
    } else if ((rights & (request.write() ? WRITABLE_2 : READABLE_2)) == 0) {
      outcome.fault(SmmuEvent.F_PERMISSION, EventClass.IN, true, level, true);
    } else {
      long within = (1L << shift) - 1;
      outcome.translated(translations.target(slot) | (request.address() & within), shift);
    }
  }

  /**
   * What another's TLB says of an access.
   *
   * @return false when it has no translation for it
   */
  boolean look(
      SmmuCaches of,
      @Nullable ContextDescriptor context,
      boolean withStage2,
      int vmid,
      DmaRequest request,
      WalkObserver observer) {
    int kind = (context == null ? 0 : SmmuCaches.STAGE_1) | (withStage2 ? SmmuCaches.STAGE_2 : 0);
    long key = context == null ? request.address() : context.untagged(request.address());
    int asid = context == null ? SmmuCaches.NO_ASID : context.asid();
    int slot = of.translations().peek(kind, vmid, asid, key);
    if (slot == TranslationCache.NONE && context != null) {
      slot = of.translations().peek(kind, vmid, SmmuCaches.GLOBAL, key);
    }
    if (slot == TranslationCache.NONE) {
      return false;
    }
    boolean stale = check.isStale(of.translations(), slot);
    observer.hit(CacheKind.IOTLB, of.translations(), slot, stale);
    decide(of.translations(), slot, context, request);
    return true;
  }
}
