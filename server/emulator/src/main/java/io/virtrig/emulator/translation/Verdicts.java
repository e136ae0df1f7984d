package io.virtrig.emulator.translation;

import io.virtrig.emulator.hardware.iommu.DmaOutcome;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuEvent;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuOutcome;
import io.virtrig.emulator.hardware.iommu.vtd.VtdFault;
import io.virtrig.emulator.hardware.iommu.vtd.VtdOutcome;
import io.virtrig.v1.Translated;
import io.virtrig.v1.TranslationFault;
import io.virtrig.v1.Verdict;

/** Outcomes as messages. */
final class Verdicts {

  private Verdicts() {}

  static Verdict of(DmaOutcome outcome) {
    Verdict.Builder verdict = Verdict.newBuilder();
    if (outcome instanceof VtdOutcome vtd && vtd.interrupt()) {
      verdict.setInterruptRequest(true);
    } else if (outcome instanceof SmmuOutcome smmu && smmu.aborted()) {
      verdict.setAborted(true);
    } else if (outcome.blocked()) {
      verdict.setFault(fault(outcome));
    } else {
      verdict.setTranslated(
          Translated.newBuilder()
              .setAddress(outcome.address())
              .setPageSize(1L << outcome.pageShift()));
    }
    return verdict.build();
  }

  private static TranslationFault fault(DmaOutcome outcome) {
    TranslationFault.Builder fault =
        TranslationFault.newBuilder()
            .setName(outcome.reason())
            .setCode(outcome.code())
            .setStructure(outcome.structure());
    if (outcome.decidedAt() >= 0) {
      fault.setLevel(outcome.decidedAt());
    }
    switch (outcome) {
      case VtdOutcome vtd -> {
        VtdFault why = vtd.fault();
        if (why != null) {
          fault.setName(why.name());
        }
        fault.setRecorded(vtd.recorded());
      }
      case SmmuOutcome smmu -> {
        SmmuEvent event = smmu.event();
        if (event != null) {
          fault.setName(event.name());
        }
        SmmuEvent.EventClass eventClass = smmu.eventClass();
        if (eventClass != null) {
          fault.setEventClass(eventClass.name());
        }
        fault.setRecorded(smmu.recorded()).setStage2(smmu.stage2());
      }
      default -> {}
    }
    return fault.build();
  }
}
