package io.virtrig.emulator.hardware.iommu.vtd;

import static io.virtrig.emulator.hardware.iommu.TableKind.*;

import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.WalkObserver;

/**
 * Translates untranslated requests by the tables in memory, caching nothing. Reads and writes are
 * there; execution and translation requests (ATS) are not.
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

  /** Legacy context entry: translation type. */
  private static final int TT_DEVICE_TLB = 1;

  private static final int TT_PASS_THROUGH = 2;
  private static final int TT_RESERVED = 3;

  private final VtdCapabilities capabilities;
  private final VtdOutcome outcome;
  private final RequesterTables tables;
  private final SecondLevelTables second;
  private final VtdPaging paging;
  private final PasidEntry pasid = new PasidEntry();

  /** The translation of a unit, whose reads the observer sees. */
  public VtdTranslation(TableMemory memory, VtdCapabilities capabilities, WalkObserver observer) {
    this.capabilities = capabilities;
    outcome = new VtdOutcome(memory, observer);
    tables = new RequesterTables(memory, capabilities, outcome);
    second = new SecondLevelTables(memory, capabilities, outcome);
    paging = new VtdPaging(memory, capabilities, outcome, null);
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
    if (VtdPaging.isInterrupt(request)) {
      outcome.interruptRequest();
      return outcome;
    }
    long root = rtaddr & ADDRESS;
    switch (mode) {
      case TTM_LEGACY -> legacy(root, request);
      case TTM_SCALABLE -> {
        if (tables.scalableContext(root, request.source()) && tables.pasidEntry(request, pasid)) {
          byPasidEntry(request, request.hasPasid() ? request.privileged() : tables.ridPrivileged());
        }
      }
      case TTM_ABORT -> outcome.fault(VtdFault.ABORTED, ROOT, 0);
      default -> outcome.fault(VtdFault.ROOT_TABLE_INVALID, ROOT, 0);
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
    if (!tables.legacyContext(root, request.source())) {
      return;
    }
    int type = (int) (tables.context(0) >>> 2 & 3);
    int levels = (int) (tables.context(1) & 7) + 2;
    if (type == TT_RESERVED
        || (type == TT_DEVICE_TLB && !capabilities.extended(VtdCapabilities.ECAP_DT))
        || (type == TT_PASS_THROUGH && !capabilities.extended(VtdCapabilities.ECAP_PT))
        || !capabilities.depth(levels)) {
      outcome.fault(VtdFault.CONTEXT_INVALID, CONTEXT, 0);
    } else if (type == TT_PASS_THROUGH) {
      paging.passThrough(request.address(), CONTEXT);
    } else {
      second.use(tables.context(0) & ADDRESS, levels, false, false);
      paging.secondLevelOnly(second, 0, request);
    }
  }

  private void byPasidEntry(DmaRequest request, boolean privileged) {
    second.use(
        pasid.secondTable(),
        pasid.secondLevels(),
        true,
        pasid.secondLevelUpdates() && capabilities.extended(VtdCapabilities.ECAP_SLADS));
    paging.translate(pasid, second, 0, request.pasid(), request, privileged);
  }
}
