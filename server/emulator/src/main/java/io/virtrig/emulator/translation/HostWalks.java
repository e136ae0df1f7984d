package io.virtrig.emulator.translation;

import io.virtrig.emulator.hardware.iommu.DmaOutcome;
import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.Iommu;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.v1.Access;
import io.virtrig.v1.Verdict;
import io.virtrig.v1.Walk;
import io.virtrig.v1.WalkResponse;

/** Walks on a host: what would become of an access, without making it. */
public final class HostWalks {

  private HostWalks() {}

  /** Walks for an access of a function. */
  public static WalkResponse walk(Iommu iommu, PciFunction function, Access given) {
    DmaRequest access =
        ImageWalks.access(
            "access", given.toBuilder().setSource(function.source()).build(), Integer.SIZE);
    WalkRecorder recorder = new WalkRecorder();
    DmaOutcome kept = iommu.unit().kept(access, recorder);
    Verdict byKept = kept == null ? null : Verdicts.of(kept);
    DmaOutcome tables = iommu.unit().walk(access, recorder);
    Verdict byTables = Verdicts.of(tables);
    return WalkResponse.newBuilder()
        .setWalk(
            Walk.newBuilder()
                .addAllSteps(recorder.steps())
                .setReferences(ImageWalks.references(tables))
                .setVerdict(byTables))
        .addAllKept(recorder.kept())
        .setVerdict(byKept == null ? byTables : byKept)
        .build();
  }
}
