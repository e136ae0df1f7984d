package io.virtrig.emulator.hardware.iommu.smmuv3;

import io.virtrig.emulator.hardware.iommu.CacheKind;
import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.StaleListener;
import io.virtrig.emulator.hardware.iommu.StaleUse;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import org.jspecify.annotations.Nullable;

/**
 * Translates transactions by the structures in memory, with caches or without. Reads and writes of
 * data are there; instruction fetches and translation requests (ATS) are not, nor are hardware
 * updates of the tables.
 *
 * <p>Not for more than one transaction at a time: the walk's state and its outcome are this
 * object's.
 */
public final class SmmuTranslation {
  private static final int PAGE_SHIFT = 12;

  private final TableMemory memory;
  private final SmmuCapabilities capabilities;
  private final @Nullable SmmuCaches caches;
  private final SmmuOutcome outcome;
  private final StreamTable streams;
  private final StreamTableEntry stream = new StreamTableEntry();
  private final ContextTable contexts;
  private final ContextDescriptor context = new ContextDescriptor();
  private final Stage2Tables stage2;
  private final SmmuPaging paging;
  private StaleListener stale = StaleListener.NONE;

  /** The translation of an SMMU, whose reads the observer sees. */
  public SmmuTranslation(TableMemory memory, SmmuCapabilities capabilities, WalkObserver observer) {
    this(memory, capabilities, observer, null);
  }

  /** The translation of an SMMU with caches. */
  SmmuTranslation(
      TableMemory memory,
      SmmuCapabilities capabilities,
      WalkObserver observer,
      @Nullable SmmuCaches caches) {
    this.memory = memory;
    this.caches = caches;
    this.capabilities = capabilities;
    outcome = new SmmuOutcome(memory, observer);
    streams = new StreamTable(memory, capabilities, outcome);
    stage2 = new Stage2Tables(memory, capabilities, outcome, stream);
    contexts = new ContextTable(memory, outcome);
    paging = new SmmuPaging(memory, capabilities, outcome, caches);
  }

  /**
   * Translates from the stream table on.
   *
   * @param strtabBase the STRTAB_BASE register
   * @param strtabBaseCfg the STRTAB_BASE_CFG register
   * @return the outcome, until the next transaction
   */
  public SmmuOutcome translate(long strtabBase, int strtabBaseCfg, DmaRequest request) {
    outcome.begin();
    if (!stream(strtabBase, strtabBaseCfg, request.source())) {
      return outcome;
    }
    if (stream.aborts()) {
      outcome.abort();
    } else if (!stream.valid(capabilities)) {
      outcome.fault(SmmuEvent.C_BAD_STE);
    } else {
      byStages(request);
    }
    return outcome;
  }

  private void byStages(DmaRequest request) {
    int substream = stream.substream(request);
    if (substream == StreamTableEntry.DISABLED) {
      outcome.fault(SmmuEvent.F_STREAM_DISABLED);
      return;
    }
    if (substream == StreamTableEntry.BAD) {
      outcome.fault(SmmuEvent.C_BAD_SUBSTREAMID);
      return;
    }
    Stage2 second = stream.stage2() ? stage2 : null;
    if (substream == StreamTableEntry.BYPASSED) {
      paging.translate(null, second, stream.vmid(), request);
    } else if (context(request, substream, second)) {
      paging.translate(context, second, stream.vmid(), request);
      if (outcome.event() != null) {
        outcome.stalls(outcome.stage2() ? stream.stage2Stalls() : context.stalls());
      }
    }
  }

  /** Lets a transaction pass, as an SMMU does that is off, or terminates it. */
  SmmuOutcome pass(DmaRequest request, boolean abort) {
    outcome.begin();
    if (abort) {
      outcome.abort();
    } else {
      outcome.translated(request.address(), PAGE_SHIFT);
    }
    return outcome;
  }

  /** The stream table entry: what is kept of it, or what memory holds, which is then kept. */
  private boolean stream(long strtabBase, int strtabBaseCfg, int number) {
    long[] kept = caches == null ? null : caches.stream(number);
    if (kept != null) {
      stream.set(kept);
      return true;
    }
    if (!streams.read(strtabBase, strtabBaseCfg, number, stream)) {
      return false;
    }
    if (caches != null && stream.valid(capabilities)) {
      caches.keepStream(number, stream.copy());
    }
    return true;
  }

  /** The context descriptor, likewise. */
  private boolean context(DmaRequest request, int substream, @Nullable Stage2 second) {
    long[] kept = caches == null ? null : caches.context(request.source(), substream);
    if (kept != null) {
      compare(kept, request);
      context.set(kept);
      return true;
    }
    if (!contexts.read(stream, substream, second, context)) {
      return false;
    }
    if (!context.valid(capabilities)) {
      outcome.fault(SmmuEvent.C_BAD_CD);
      return false;
    }
    if (caches != null) {
      caches.keepContext(
          request.source(),
          substream,
          context.copy(contexts.descriptorAddress(), memory.changes()));
    }
    return true;
  }

  /** The sanitizer: whether memory still holds the descriptor that is kept. */
  private void compare(long[] kept, DmaRequest request) {
    for (int word = 0; word < ContextDescriptor.WORDS; word++) {
      long at = kept[ContextDescriptor.WORDS] + (long) word * Long.BYTES;
      if (memory.word(at) != kept[word]) {
        stale.used(
            new StaleUse(
                request,
                CacheKind.PASID,
                at,
                kept[word],
                memory.word(at),
                "whoever changed the context descriptor should have had it invalidated (CFGI_CD)"));
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
