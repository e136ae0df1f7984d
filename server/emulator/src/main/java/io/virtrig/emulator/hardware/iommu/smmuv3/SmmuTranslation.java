package io.virtrig.emulator.hardware.iommu.smmuv3;

import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.WalkObserver;

/**
 * Translates transactions by the structures in memory, caching nothing. Reads and writes of data
 * are there; instruction fetches and translation requests (ATS) are not, nor are hardware updates
 * of the tables.
 *
 * <p>Not for more than one transaction at a time: the walk's state and its outcome are this
 * object's.
 */
public final class SmmuTranslation {
  private final SmmuCapabilities capabilities;
  private final SmmuOutcome outcome;
  private final StreamTable streams;
  private final StreamTableEntry stream = new StreamTableEntry();
  private final ContextTable contexts;
  private final ContextDescriptor context = new ContextDescriptor();
  private final Stage2Tables stage2;
  private final SmmuPaging paging;

  /** The translation of an SMMU, whose reads the observer sees. */
  public SmmuTranslation(TableMemory memory, SmmuCapabilities capabilities, WalkObserver observer) {
    this.capabilities = capabilities;
    outcome = new SmmuOutcome(memory, observer);
    streams = new StreamTable(memory, capabilities, outcome);
    stage2 = new Stage2Tables(memory, capabilities, outcome, stream);
    contexts = new ContextTable(memory, outcome);
    paging = new SmmuPaging(memory, capabilities, outcome, null);
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
    if (!streams.read(strtabBase, strtabBaseCfg, request.source(), stream)) {
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
      paging.translate(null, second, 0, request);
    } else if (contexts.read(stream, substream, second, context)) {
      if (context.valid(capabilities)) {
        paging.translate(context, second, 0, request);
      } else {
        outcome.fault(SmmuEvent.C_BAD_CD);
      }
    }
  }
}
