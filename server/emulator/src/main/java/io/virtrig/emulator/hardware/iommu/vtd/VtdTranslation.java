package io.virtrig.emulator.hardware.iommu.vtd;

import static io.virtrig.emulator.hardware.iommu.TableKind.*;
import static io.virtrig.emulator.hardware.iommu.vtd.VtdOutcome.FAULTED;

import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.TableKind;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import io.virtrig.emulator.hardware.iommu.vtd.SecondLevel.Purpose;
import org.jspecify.annotations.Nullable;

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

  private static final long INTERRUPT_RANGE = 0xfeeL;
  private static final int INTERRUPT_RANGE_SHIFT = 20;
  private static final int PAGE_SHIFT = 12;

  private final VtdCapabilities capabilities;
  private final VtdOutcome outcome;
  private final RequesterTables tables;
  private final SecondLevel second;
  private final FirstLevel first;
  private final PasidEntry pasid = new PasidEntry();

  /** The translation of a unit, whose reads the observer sees. */
  public VtdTranslation(TableMemory memory, VtdCapabilities capabilities, WalkObserver observer) {
    this.capabilities = capabilities;
    outcome = new VtdOutcome(memory, observer);
    tables = new RequesterTables(memory, capabilities, outcome);
    second = new SecondLevel(memory, capabilities, outcome);
    first = new FirstLevel(memory, capabilities, outcome, second);
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
    if (isInterrupt(request)) {
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
    if (isInterrupt(request)) {
      outcome.interruptRequest();
      return outcome;
    }
    for (int word = 0; word < PasidEntry.WORDS; word++) {
      pasid.set(word, entry[word]);
    }
    byPasidEntry(request, request.privileged());
    return outcome;
  }

  private static boolean isInterrupt(DmaRequest request) {
    return request.write() && !request.hasPasid() && inInterruptRange(request.address());
  }

  private static boolean inInterruptRange(long address) {
    return address >>> INTERRUPT_RANGE_SHIFT == INTERRUPT_RANGE;
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
      passThrough(request.address(), CONTEXT);
    } else {
      second.use(tables.context(0) & ADDRESS, levels, false, false);
      bySecondLevel(request.address(), request.write(), Long.SIZE);
    }
  }

  private void byPasidEntry(DmaRequest request, boolean privileged) {
    if (pasid.faultProcessingDisabled()) {
      outcome.disableFaultProcessing();
    }
    @Nullable VtdFault wrong = pasid.check(capabilities, privileged);
    if (wrong != null) {
      outcome.fault(wrong, PASID_TABLE, 0);
      return;
    }
    second.use(
        pasid.secondTable(),
        pasid.secondLevels(),
        true,
        pasid.secondLevelUpdates() && capabilities.extended(VtdCapabilities.ECAP_SLADS));
    switch (pasid.type()) {
      case PasidEntry.PASS_THROUGH -> passThrough(request.address(), PASID_TABLE);
      case PasidEntry.SECOND_LEVEL_ONLY ->
          bySecondLevel(request.address(), request.write(), Long.SIZE);
      case PasidEntry.FIRST_LEVEL_ONLY -> {
        long to = first.translate(pasid, request, privileged, false);
        if (to != FAULTED) {
          finish(to, first.pageShift(), FIRST_LEVEL);
        }
      }
      default -> {
        long guestPhysical = first.translate(pasid, request, privileged, true);
        if (guestPhysical != FAULTED) {
          bySecondLevel(guestPhysical, request.write(), first.pageShift());
        }
      }
    }
  }

  private void passThrough(long address, TableKind by) {
    if ((address & capabilities.beyondHost()) != 0) {
      outcome.fault(VtdFault.BEYOND_HOST, by, 0);
    } else {
      finish(address, PAGE_SHIFT, by);
    }
  }

  private void bySecondLevel(long input, boolean write, int firstShift) {
    long to = second.translate(input, write, Purpose.REQUEST);
    if (to != FAULTED) {
      finish(to, Math.min(firstShift, second.pageShift()), SECOND_LEVEL);
    }
  }

  private void finish(long address, int pageShift, TableKind by) {
    if (inInterruptRange(address)) {
      outcome.fault(VtdFault.INTERRUPT_RANGE, by, 0);
    } else {
      outcome.translated(address, pageShift);
    }
  }
}
