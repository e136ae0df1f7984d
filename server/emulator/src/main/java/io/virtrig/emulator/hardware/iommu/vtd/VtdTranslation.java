package io.virtrig.emulator.hardware.iommu.vtd;

import static io.virtrig.emulator.hardware.iommu.TableKind.*;

import io.virtrig.emulator.hardware.iommu.CacheKind;
import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.StaleListener;
import io.virtrig.emulator.hardware.iommu.StaleUse;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.TranslationCache;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import org.jspecify.annotations.Nullable;

/**
 * Translates by the tables in memory, with caches or without: untranslated requests and, for
 * devices that keep the answer, translation requests (ATS). Reads and writes are there; execution
 * is not.
 *
 * <p>Not for more than one request at a time: the walk's state and its outcome are this object's.
 */
public final class VtdTranslation {
  /** RTADDR: translation table mode. */
  private static final int TTM_SHIFT = 10;

  private static final int TTM_LEGACY = 0;
  private static final int TTM_SCALABLE = 1;
  private static final int TTM_ABORT = 3;

  private static final long ADDRESS = -1L << 12;
  private static final int PAGE_SHIFT = 12;

  /** Words of a context entry that have fields. */
  private static final int CONTEXT_WORDS = 2;

  /** Legacy context entry: domain id. */
  private static final int DOMAIN_SHIFT = 8;

  private static final long DOMAIN = 0xffff;

  /** Scalable context entry: translation requests, page requests are allowed. */
  private static final long DTE = 1L << 2;

  private static final long PRE = 1L << 4;

  /** Legacy context entry: translation type. */
  private static final int TT_DEVICE_TLB = 1;

  private static final int TT_PASS_THROUGH = 2;
  private static final int TT_RESERVED = 3;

  private final TableMemory memory;
  private final VtdCapabilities capabilities;
  private final @Nullable VtdCaches caches;
  private final VtdOutcome outcome;
  private final RequesterTables tables;
  private final SecondLevelTables second;
  private final VtdPaging paging;
  private final PasidEntry pasid = new PasidEntry();
  private StaleListener stale = StaleListener.NONE;

  /** A translation request is under way: its answer is for the device to keep. */
  private boolean forDevice;

  /** The translation of a unit that keeps nothing, whose reads the observer sees. */
  public VtdTranslation(TableMemory memory, VtdCapabilities capabilities, WalkObserver observer) {
    this(memory, capabilities, observer, null);
  }

  /** The translation of a unit with caches. */
  VtdTranslation(
      TableMemory memory,
      VtdCapabilities capabilities,
      WalkObserver observer,
      @Nullable VtdCaches caches) {
    this.memory = memory;
    this.caches = caches;
    this.capabilities = capabilities;
    outcome = new VtdOutcome(memory, observer);
    tables = new RequesterTables(memory, capabilities, outcome);
    second = new SecondLevelTables(memory, capabilities, outcome);
    paging = new VtdPaging(memory, capabilities, outcome, caches);
  }

  /**
   * Translates from the root table on.
   *
   * @param rtaddr the root-table address register
   * @return the outcome, until the next request
   */
  public VtdOutcome translate(long rtaddr, DmaRequest request) {
    int mode = (int) (rtaddr >>> TTM_SHIFT & 3);
    outcome.begin(mode != TTM_LEGACY);
    if (!forDevice && VtdPaging.isInterrupt(request)) {
      outcome.interruptRequest();
      return outcome;
    }
    long root = rtaddr & ADDRESS;
    switch (mode) {
      case TTM_LEGACY -> legacy(root, request);
      case TTM_SCALABLE -> {
        if (context(root, request, true) && deviceMayAsk() && pasidEntry(request)) {
          byPasidEntry(request, request.hasPasid() ? request.privileged() : tables.ridPrivileged());
        }
      }
      case TTM_ABORT -> outcome.fault(VtdFault.ABORTED, ROOT, 0);
      default -> outcome.fault(VtdFault.ROOT_TABLE_INVALID, ROOT, 0);
    }
    return outcome;
  }

  /**
   * Answers a translation request (ATS). Where the tables allow nothing, the outcome is blocked and
   * {@link VtdFault#deniesRights}, which is an answer and no fault.
   */
  VtdOutcome translateForDevice(long rtaddr, DmaRequest request) {
    forDevice = true;
    try {
      return translate(rtaddr, request);
    } finally {
      forDevice = false;
    }
  }

  private boolean deviceMayAsk() {
    if (forDevice && (tables.context(0) & DTE) == 0) {
      outcome.fault(VtdFault.DEVICE_TLB_DISABLED, CONTEXT, 0);
      return false;
    }
    return true;
  }

  /**
   * Whether a function may ask for pages: blocked where its context entry forbids it, or has not
   * been set up. Only scalable mode can allow it.
   */
  VtdOutcome pageRequest(long rtaddr, DmaRequest access) {
    int mode = (int) (rtaddr >>> TTM_SHIFT & 3);
    outcome.begin(mode != TTM_LEGACY);
    if (mode != TTM_SCALABLE) {
      outcome.fault(VtdFault.PAGE_REQUESTS_DISABLED, ROOT, 0);
    } else if (context(rtaddr & ADDRESS, access, true) && (tables.context(0) & PRE) == 0) {
      outcome.fault(VtdFault.PAGE_REQUESTS_DISABLED, CONTEXT, 0);
    }
    return outcome;
  }

  /** The outcome of a request by a translation that the device keeps. */
  VtdOutcome kept(TranslationCache translations, int slot, long address) {
    outcome.kept(translations, slot, address);
    return outcome;
  }

  /** Lets a request pass, as a unit does that does not translate. */
  VtdOutcome pass(DmaRequest request) {
    outcome.begin(false);
    if (VtdPaging.isInterrupt(request)) {
      outcome.interruptRequest();
    } else {
      outcome.translated(request.address(), PAGE_SHIFT);
    }
    return outcome;
  }

  /**
   * Translates by a given PASID-table entry.
   *
   * @param entry its eight words
   * @return the outcome, until the next request
   */
  public VtdOutcome translate(long[] entry, DmaRequest request) {
    outcome.begin(true);
    if (VtdPaging.isInterrupt(request)) {
      outcome.interruptRequest();
      return outcome;
    }
    for (int word = 0; word < PasidEntry.WORDS; word++) {
      pasid.set(word, entry[word]);
    }
    byPasidEntry(request, request.privileged());
    return outcome;
  }

  private void legacy(long root, DmaRequest request) {
    if (request.hasPasid()) {
      outcome.fault(VtdFault.PASID_IN_LEGACY_MODE, ROOT, 0);
      return;
    }
    if (!context(root, request, false)) {
      return;
    }
    int type = (int) (tables.context(0) >>> 2 & 3);
    int levels = (int) (tables.context(1) & 7) + 2;
    if (type == TT_RESERVED
        || (type == TT_DEVICE_TLB && !capabilities.extended(VtdCapabilities.ECAP_DT))
        || (type == TT_PASS_THROUGH && !capabilities.extended(VtdCapabilities.ECAP_PT))
        || !capabilities.depth(levels)) {
      outcome.fault(VtdFault.CONTEXT_INVALID, CONTEXT, 0);
    } else if (forDevice && type != TT_DEVICE_TLB) {
      outcome.fault(VtdFault.DEVICE_TLB_DISABLED, CONTEXT, 0);
    } else if (type == TT_PASS_THROUGH) {
      paging.passThrough(request.address(), CONTEXT);
    } else {
      second.use(tables.context(0) & ADDRESS, levels, false, false);
      paging.legacy(second, (int) (tables.context(1) >>> DOMAIN_SHIFT & DOMAIN), request);
    }
  }

  private void byPasidEntry(DmaRequest request, boolean privileged) {
    second.use(
        pasid.secondTable(),
        pasid.secondLevels(),
        true,
        pasid.secondLevelUpdates() && capabilities.extended(VtdCapabilities.ECAP_SLADS));
    int space = tables.pasid(request);
    paging.translate(pasid, second, pasid.domain(), space, request, privileged);
  }

  /** Finds the context entry: what is kept of it, or what the tables say, which is then kept. */
  private boolean context(long root, DmaRequest request, boolean scalable) {
    long[] kept = caches == null ? null : caches.context(request.source());
    if (kept != null) {
      compare(kept, kept.length - 1, CONTEXT_WORDS, CacheKind.CONTEXT, request);
      tables.use(kept);
      return true;
    }
    boolean found =
        scalable
            ? tables.scalableContext(root, request.source())
            : tables.legacyContext(root, request.source());
    if (found && caches != null) {
      caches.keepContext(request.source(), tables.copy());
    }
    return found;
  }

  /** Finds the PASID-table entry likewise. */
  private boolean pasidEntry(DmaRequest request) {
    int number = tables.pasid(request);
    long[] kept = caches == null ? null : caches.pasid(request.source(), number);
    if (kept != null) {
      compare(kept, PasidEntry.WORDS, PasidEntry.WORDS, CacheKind.PASID, request);
      pasid.set(kept);
      return true;
    }
    boolean found = tables.pasidEntry(request, pasid);
    if (found && caches != null && pasid.check(capabilities, false) == null) {
      caches.keepPasid(request.source(), number, pasid.copy(tables.pasidEntryAddress()));
    }
    return found;
  }

  /** The sanitizer: whether memory still holds what is kept. */
  private void compare(long[] kept, int address, int words, CacheKind cache, DmaRequest request) {
    for (int word = 0; word < words; word++) {
      long at = kept[address] + (long) word * Long.BYTES;
      long is = memory.word(at);
      if (is != kept[word]) {
        stale.used(
            new StaleUse(
                request,
                cache,
                at,
                kept[word],
                is,
                "whoever changed it should have had the " + cache.label() + " invalidated"));
        return;
      }
    }
  }

  /** Who is told when something stale is used. */
  void staleListener(StaleListener listener) {
    stale = listener;
    paging.staleListener(listener);
  }
}
