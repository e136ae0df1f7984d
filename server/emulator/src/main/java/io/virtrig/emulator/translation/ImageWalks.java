package io.virtrig.emulator.translation;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.hardware.iommu.DmaOutcome;
import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuCapabilities;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuOutcome;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuTranslation;
import io.virtrig.emulator.hardware.iommu.vtd.VtdCapabilities;
import io.virtrig.emulator.hardware.iommu.vtd.VtdOutcome;
import io.virtrig.emulator.hardware.iommu.vtd.VtdTranslation;
import io.virtrig.v1.Access;
import io.virtrig.v1.SmmuImage;
import io.virtrig.v1.VtdImage;
import io.virtrig.v1.Walk;
import io.virtrig.v1.WalkImageRequest;
import io.virtrig.v1.WalkImageResponse;
import io.virtrig.v1.WordUpdate;
import java.util.List;
import java.util.function.Function;

/** Walks through images of memory. */
public final class ImageWalks {
  private static final int MOST_ACCESSES = 4096;
  private static final int ENTRY_WORDS = 8;
  private static final int REQUESTER_BITS = 16;
  private static final int PASID_BITS = 20;
  private static final int LEAST_WIDTH = 32;
  private static final int MOST_WIDTH = 52;

  private ImageWalks() {}

  /**
   * Walks for each access of a request.
   *
   * @throws Refused naming the field that makes no sense
   */
  public static WalkImageResponse walk(WalkImageRequest request) {
    if (request.getAccessesCount() > MOST_ACCESSES) {
      throw Refused.exhausted("accesses", "at most " + MOST_ACCESSES + " accesses a call");
    }
    MemoryImage memory = new MemoryImage(request);
    WalkRecorder recorder = new WalkRecorder();
    WalkObserver observer = request.getVerdictOnly() ? WalkObserver.NONE : recorder;
    Function<DmaRequest, DmaOutcome> unit =
        switch (request.getUnitCase()) {
          case VTD -> vtd(request.getVtd(), memory, observer);
          case SMMU -> smmu(request.getSmmu(), memory, observer);
          case UNIT_NOT_SET -> throw Refused.invalid("unit", "neither vtd nor smmu is given");
        };
    int sourceBits = request.hasVtd() ? REQUESTER_BITS : Integer.SIZE;
    WalkImageResponse.Builder response = WalkImageResponse.newBuilder();
    for (int i = 0; i < request.getAccessesCount(); i++) {
      DmaRequest access = access("accesses[" + i + "]", request.getAccesses(i), sourceBits);
      recorder.clear();
      memory.reset();
      DmaOutcome outcome = unit.apply(access);
      Walk.Builder walk =
          Walk.newBuilder()
              .addAllSteps(recorder.steps())
              .setVerdict(Verdicts.of(outcome))
              .setReferences(references(outcome));
      memory
          .changed()
          .forEach(
              (at, word) -> walk.addUpdates(WordUpdate.newBuilder().setAddress(at).setWord(word)));
      response.addWalks(walk);
    }
    return response.build();
  }

  /**
   * Refuses several images with more accesses together than one may have.
   *
   * @throws Refused naming the accesses
   */
  public static void requireTogether(List<WalkImageRequest> requests) {
    long accesses = requests.stream().mapToLong(WalkImageRequest::getAccessesCount).sum();
    if (accesses > MOST_ACCESSES) {
      throw Refused.exhausted(
          "requests.accesses", "at most " + MOST_ACCESSES + " accesses in all, not " + accesses);
    }
  }

  static int references(DmaOutcome outcome) {
    return switch (outcome) {
      case VtdOutcome vtd -> vtd.references();
      case SmmuOutcome smmu -> smmu.references();
      default -> 0;
    };
  }

  /** An access, checked. */
  static DmaRequest access(String field, Access access, int sourceBits) {
    if (sourceBits < Integer.SIZE && access.getSource() >>> sourceBits != 0) {
      throw Refused.invalid(
          field + ".source",
          "0x" + Integer.toHexString(access.getSource()) + " has more than 16 bits");
    }
    if (access.hasPasid() && access.getPasid() >>> PASID_BITS != 0) {
      throw Refused.invalid(
          field + ".pasid",
          Integer.toUnsignedString(access.getPasid()) + " is not below 2^" + PASID_BITS);
    }
    return new DmaRequest(
        access.getSource(),
        access.hasPasid() ? access.getPasid() : DmaRequest.NO_PASID,
        access.getIova(),
        access.getWrite(),
        access.getPrivileged());
  }

  private static Function<DmaRequest, DmaOutcome> vtd(
      VtdImage unit, MemoryImage memory, WalkObserver observer) {
    int width = unit.getHostAddressWidth();
    if (width < LEAST_WIDTH || width > MOST_WIDTH) {
      throw Refused.invalid(
          "vtd.host_address_width",
          Integer.toUnsignedString(width) + " is not from " + LEAST_WIDTH + " to " + MOST_WIDTH);
    }
    if (unit.getPasidEntryCount() > ENTRY_WORDS) {
      throw Refused.invalid(
          "vtd.pasid_entry", unit.getPasidEntryCount() + " words; an entry has " + ENTRY_WORDS);
    }
    VtdTranslation translation =
        new VtdTranslation(
            memory, new VtdCapabilities(width, unit.getCap(), unit.getEcap()), observer);
    if (unit.getPasidEntryCount() == 0) {
      return access -> translation.translate(unit.getRtaddr(), access);
    }
    long[] entry = new long[ENTRY_WORDS];
    for (int word = 0; word < unit.getPasidEntryCount(); word++) {
      entry[word] = unit.getPasidEntry(word);
    }
    return access -> translation.translate(entry, access);
  }

  private static Function<DmaRequest, DmaOutcome> smmu(
      SmmuImage unit, MemoryImage memory, WalkObserver observer) {
    SmmuCapabilities capabilities =
        new SmmuCapabilities(unit.getIdr0(), unit.getIdr1(), unit.getIdr5());
    if (capabilities.streamBits() > Integer.SIZE) {
      throw Refused.invalid("smmu.idr1", "SIDSIZE " + capabilities.streamBits() + " is above 32");
    }
    if (capabilities.substreamBits() > PASID_BITS) {
      throw Refused.invalid(
          "smmu.idr1", "SSIDSIZE " + capabilities.substreamBits() + " is above " + PASID_BITS);
    }
    SmmuTranslation translation = new SmmuTranslation(memory, capabilities, observer);
    return access -> translation.translate(unit.getStrtabBase(), unit.getStrtabBaseCfg(), access);
  }
}
