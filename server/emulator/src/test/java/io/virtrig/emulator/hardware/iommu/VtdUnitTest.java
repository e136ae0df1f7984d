package io.virtrig.emulator.hardware.iommu;

import static io.virtrig.emulator.hardware.iommu.GuestTables.FLAGS;
import static io.virtrig.emulator.hardware.iommu.GuestTables.LEAF;
import static io.virtrig.emulator.hardware.iommu.GuestTables.SOURCE;
import static io.virtrig.emulator.hardware.iommu.GuestTables.TOP;
import static io.virtrig.emulator.hardware.iommu.GuestTables.VA;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.hardware.iommu.vtd.HostPasidEntry;
import io.virtrig.emulator.hardware.iommu.vtd.VtdUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a host's unit keeps, and what each invalidation takes from it. */
class VtdUnitTest {
  private static final int PASID = 100;

  private final GuestTables guest = new GuestTables("x86_64");
  private final VtdUnit unit = Objects.requireNonNull(guest.iommu.vtd());

  @BeforeEach
  void bind() {
    guest.x86(FLAGS);
    unit.setPasid(SOURCE, PASID, nested(TOP));
  }

  private HostPasidEntry nested(long top) {
    return new HostPasidEntry.Nested(guest.domain, top, 4, false, false, false);
  }

  private void remap() {
    assertThat(guest.at(VA, PASID)).isEqualTo(0x6000);
    guest.set(LEAF, 0x7000 | FLAGS);
    assertThat(guest.at(VA, PASID)).isEqualTo(0x6000);
  }

  @Test
  void aChangedLeafIsStaleUntilItsAddressIsInvalidated() {
    remap();
    unit.flushPasidIotlb(guest.domain, PASID, VA + 0x1000, 0, false);
    unit.flushPasidIotlb(guest.domain, PASID + 1, VA, 0, false);
    assertThat(guest.at(VA, PASID)).isEqualTo(0x6000);
    unit.flushPasidIotlb(guest.domain, PASID, VA, 0, true);
    assertThat(guest.at(VA, PASID)).isEqualTo(0x7000);
  }

  @Test
  void aMaskCoversItsAlignedPages() {
    remap();
    unit.flushPasidIotlb(guest.domain, PASID, VA - 0x4000, 1, true);
    assertThat(guest.at(VA, PASID)).isEqualTo(0x6000);
    unit.flushPasidIotlb(guest.domain, PASID, VA - 0x4000, 3, true);
    assertThat(guest.at(VA, PASID)).isEqualTo(0x7000);
  }

  @Test
  void pasidAndDomainGranularityFlushToo() {
    remap();
    unit.flushPasidIotlb(guest.domain, PASID);
    assertThat(guest.at(VA, PASID)).isEqualTo(0x7000);
    guest.set(LEAF, 0x8000 | FLAGS);
    assertThat(guest.at(VA, PASID)).isEqualTo(0x7000);
    unit.flushIotlb(guest.domain);
    assertThat(guest.at(VA, PASID)).isEqualTo(0x8000);
  }

  @Test
  void leafOnlyKeepsUpperTables() {
    assertThat(guest.at(VA, PASID)).isEqualTo(0x6000);
    guest.set(0x9b38, 0x8000 | FLAGS);
    guest.set(0x4d10, 0x9000 | FLAGS);
    unit.flushPasidIotlb(guest.domain, PASID, VA, 0, true);
    assertThat(guest.at(VA, PASID)).isEqualTo(0x6000);
    unit.flushPasidIotlb(guest.domain, PASID, VA, 0, false);
    assertThat(guest.at(VA, PASID)).isEqualTo(0x8000);
  }

  @Test
  void whatIsNotPresentIsNeverKept() {
    guest.set(LEAF, 0);
    assertThat(guest.at(VA, PASID)).isEqualTo(-1);
    guest.set(LEAF, 0x7000 | FLAGS);
    assertThat(guest.at(VA, PASID)).isEqualTo(0x7000);
    assertThat(guest.stale).isEmpty();
  }

  @Test
  void aClearedEntryStaysInForceUntilThePasidCacheIsFlushed() {
    assertThat(guest.at(VA, PASID)).isEqualTo(0x6000);
    unit.clearPasid(SOURCE, PASID);
    assertThat(unit.present(SOURCE, PASID)).isFalse();
    assertThat(guest.at(VA, PASID)).isEqualTo(0x6000);
    assertThat(guest.stale).hasSize(1);
    unit.flushPasidCache(guest.domain, PASID);
    assertThat(guest.at(VA, PASID)).isEqualTo(-1);
    unit.setPasid(SOURCE, PASID, nested(TOP));
    assertThat(guest.at(VA, PASID)).isEqualTo(0x6000);
  }

  @Test
  void withoutPasidTheDomainAloneTranslates() {
    assertThat(guest.at(0x6000, DmaRequest.NO_PASID)).isEqualTo(0x6000);
    assertThat(guest.at(VA, DmaRequest.NO_PASID)).isEqualTo(-1);
    assertThat(guest.at(VA, PASID + 1)).isEqualTo(-1);
  }

  @Test
  void anAuxiliaryDomainIsAnotherSecondLevel() {
    IommuDomain auxiliary = guest.iommu.newDomain(false);
    auxiliary.map(0x40000, 0x1000, guest.base + 0x3000, true, false);
    unit.setPasid(SOURCE, 1, new HostPasidEntry.SecondLevelOnly(auxiliary));
    assertThat(guest.at(0x40010, 1)).isEqualTo(0x3010);
    assertThat(guest.at(0x40010, 1, true)).isEqualTo(-1);
    assertThat(guest.at(0x40010, DmaRequest.NO_PASID)).isEqualTo(-1);
    auxiliary.unmap(0x40000, 0x40fff);
    assertThat(guest.at(0x40010, 1)).isEqualTo(-1);
  }

  @Test
  void unmappingCutsNestedTranslations() {
    assertThat(guest.at(VA, PASID)).isEqualTo(0x6000);
    guest.domain.unmap(0, 0xffff);
    assertThat(guest.at(VA, PASID)).isEqualTo(-1);
    guest.domain.map(0, 0x10000, guest.base, true, true);
    assertThat(guest.at(VA, PASID)).isEqualTo(0x6000);
  }

  @Test
  void aWriteMakesItsPageDirtyThoughARefusedOneDoesNot() {
    guest.x86(0x07);
    assertThat(guest.at(VA, PASID)).isEqualTo(0x6000);
    assertThat(guest.word(LEAF) & 0x60).isEqualTo(0x20);
    assertThat(guest.at(VA, PASID, true)).isEqualTo(0x6000);
    assertThat(guest.word(LEAF) & 0x60).isEqualTo(0x60);
    assertThat(guest.stale).isEmpty();
  }

  @Test
  void rightsAreKeptAsTheyWere() {
    guest.x86(0x65);
    assertThat(guest.at(VA, PASID)).isEqualTo(0x6000);
    guest.x86(0x67);
    assertThat(guest.at(VA, PASID, true)).isEqualTo(-1);
    unit.flushPasidIotlb(guest.domain, PASID);
    assertThat(guest.at(VA, PASID, true)).isEqualTo(0x6000);
  }

  @Test
  void theSanitizerNamesTheEntryAndChangesNothing() {
    remap();
    assertThat(guest.stale)
        .singleElement()
        .satisfies(
            use -> {
              assertThat(use.address()).isEqualTo(guest.base + LEAF);
              assertThat(use.was()).isEqualTo(0x6000 | FLAGS);
              assertThat(use.is()).isEqualTo(0x7000 | FLAGS);
            });
    unit.flushPasidIotlb(guest.domain, PASID);
    assertThat(guest.at(VA, PASID)).isEqualTo(0x7000);
    assertThat(guest.stale).hasSize(1);
  }

  @Test
  void faultsAreReportedToTheListenerOfTheSource() {
    List<RecordedFault> faults = new ArrayList<>();
    unit.faultListener(SOURCE, faults::add);
    assertThat(guest.at(VA + 0x1000, PASID)).isEqualTo(-1);
    guest.set(LEAF + 8, 0x40000 | FLAGS);
    assertThat(guest.at(VA + 0x1000, PASID)).isEqualTo(-1);
    assertThat(faults).extracting(RecordedFault::code).containsExactly(0x71, 0x79);
    assertThat(faults).extracting(RecordedFault::secondStage).containsExactly(false, true);
  }

  @Test
  void aDeviceKeepsWhatItAskedForUntilItIsToldToForget() {
    DmaRequest request = new DmaRequest(SOURCE, PASID, VA, false, false);
    assertThat(unit.translateByAts(request).address()).isEqualTo(guest.base + 0x6000);
    guest.set(LEAF, 0x7000 | FLAGS);
    unit.flushPasidIotlb(guest.domain, PASID);
    assertThat(unit.translateByAts(request).address()).isEqualTo(guest.base + 0x6000);
    unit.flushDeviceTlb(SOURCE, VA, 12);
    assertThat(unit.translateByAts(request).address()).isEqualTo(guest.base + 0x6000);
    unit.flushDeviceTlb(SOURCE, PASID, VA, 12);
    assertThat(unit.translateByAts(request).address()).isEqualTo(guest.base + 0x7000);
  }

  @Test
  void unmappingReachesTheTlbsOfTheDomainsDevicesOnly() {
    DmaRequest request = new DmaRequest(SOURCE, DmaRequest.NO_PASID, 0x6000, false, false);
    IommuDomain other = guest.iommu.newDomain(false);
    other.map(0, 0x1000, guest.base, true, true);
    assertThat(unit.translateByAts(request).blocked()).isFalse();
    unit.clearPasid(SOURCE, 0);
    other.unmap(0, 0xfff);
    assertThat(unit.translateByAts(request).blocked()).isFalse();
    unit.setPasid(SOURCE, 0, new HostPasidEntry.SecondLevelOnly(guest.domain));
    guest.domain.unmap(0, 0xffff);
    assertThat(unit.translateByAts(request).blocked()).isTrue();
  }

  @Test
  void lookingChangesNothing() {
    guest.x86(0x07);
    DmaRequest request = new DmaRequest(SOURCE, PASID, VA, true, false);
    assertThat(unit.kept(request, WalkObserver.NONE)).isNull();
    assertThat(unit.walk(request, WalkObserver.NONE).address()).isEqualTo(guest.base + 0x6000);
    assertThat(guest.word(LEAF) & 0x60).isZero();
    assertThat(unit.kept(request, WalkObserver.NONE)).isNull();
  }

  @Test
  void detachingForgetsWhatRequestsWithoutPasidUse() {
    assertThat(guest.at(VA, PASID)).isEqualTo(0x6000);
    assertThat(guest.at(0x6000, DmaRequest.NO_PASID)).isEqualTo(0x6000);
    unit.detach(SOURCE);
    assertThat(guest.at(0x6000, DmaRequest.NO_PASID)).isEqualTo(-1);
    // The entries of PASIDs are somebody else's: parts of the function may use them.
    assertThat(unit.present(SOURCE, PASID)).isTrue();
    assertThat(guest.at(VA, PASID)).isEqualTo(0x6000);
    unit.clearPasid(SOURCE, PASID);
    unit.flushPasidCache(guest.domain, PASID);
    unit.flushPasidIotlb(guest.domain, PASID);
    assertThat(guest.at(VA, PASID)).isEqualTo(-1);
  }
}
