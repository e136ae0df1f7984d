package io.virtrig.emulator.hardware.iommu.smmuv3;

import static io.virtrig.emulator.hardware.iommu.smmuv3.Descriptor.FAULTED;
import static io.virtrig.emulator.hardware.iommu.smmuv3.StreamTableEntry.DSS_BYPASS;
import static io.virtrig.emulator.hardware.iommu.smmuv3.StreamTableEntry.DSS_TERMINATE;

import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuEvent.EventClass;

/**
 * Translates transactions by the structures in memory, caching nothing. Reads and writes of data
 * are there; instruction fetches and translation requests (ATS) are not, nor are hardware updates
 * of the tables.
 *
 * <p>Not for more than one transaction at a time: the walk's state and its outcome are this
 * object's.
 */
public final class SmmuTranslation {
  private static final int PAGE_SHIFT = 12;

  /** {@link #substream} has no descriptor: stage 1 lets everything through. */
  private static final int BYPASSED = -1;

  /** {@link #substream} found something wrong. */
  private static final int REFUSED = -2;

  private final SmmuCapabilities capabilities;
  private final SmmuOutcome outcome;
  private final StreamTable streams;
  private final StreamTableEntry stream = new StreamTableEntry();
  private final ContextTable contexts;
  private final ContextDescriptor context = new ContextDescriptor();
  private final Stage1 stage1;
  private final Stage2 stage2;

  /** The translation of an SMMU, whose reads the observer sees. */
  public SmmuTranslation(TableMemory memory, SmmuCapabilities capabilities, WalkObserver observer) {
    this.capabilities = capabilities;
    outcome = new SmmuOutcome(memory, observer);
    streams = new StreamTable(memory, capabilities, outcome);
    stage2 = new Stage2(memory, capabilities, outcome, stream);
    contexts = new ContextTable(memory, outcome, stage2);
    stage1 = new Stage1(memory, capabilities, outcome, context, stage2);
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
    int substream = substream(request);
    if (substream == REFUSED) {
      return;
    }
    long address = request.address();
    int pageShift = Long.SIZE;
    if (substream == BYPASSED) {
      if (address >>> capabilities.outputBits() != 0) {
        outcome.fault(SmmuEvent.F_ADDR_SIZE, EventClass.IN, false, SmmuOutcome.NO_LEVEL, true);
        return;
      }
    } else {
      if (!contexts.read(stream, substream, context)) {
        return;
      }
      if (!context.valid(capabilities)) {
        outcome.fault(SmmuEvent.C_BAD_CD);
        return;
      }
      address = stage1.translate(request, stream.stage2());
      if (address == FAULTED) {
        return;
      }
      pageShift = stage1.pageShift();
    }
    if (stream.stage2()) {
      address = stage2.translate(address, request.write(), EventClass.IN);
      if (address == FAULTED) {
        return;
      }
      pageShift = Math.min(pageShift, stage2.pageShift());
    }
    outcome.translated(address, pageShift == Long.SIZE ? PAGE_SHIFT : pageShift);
  }

  /** Which context descriptor is for the request. */
  private int substream(DmaRequest request) {
    if (!stream.stage1()) {
      return request.hasPasid() ? refuse(SmmuEvent.C_BAD_SUBSTREAMID) : BYPASSED;
    }
    if (!request.hasPasid()) {
      if (stream.substreamBits() == 0) {
        return 0;
      }
      return switch (stream.withoutSubstream()) {
        case DSS_TERMINATE -> refuse(SmmuEvent.F_STREAM_DISABLED);
        case DSS_BYPASS -> BYPASSED;
        default -> 0;
      };
    }
    boolean zeroTaken = stream.withoutSubstream() > DSS_BYPASS && request.pasid() == 0;
    return stream.substreamBits() == 0
            || zeroTaken
            || request.pasid() >>> stream.substreamBits() != 0
        ? refuse(SmmuEvent.C_BAD_SUBSTREAMID)
        : request.pasid();
  }

  private int refuse(SmmuEvent why) {
    outcome.fault(why);
    return REFUSED;
  }
}
