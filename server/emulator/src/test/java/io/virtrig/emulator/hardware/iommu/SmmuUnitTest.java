package io.virtrig.emulator.hardware.iommu;

import static io.virtrig.emulator.hardware.iommu.DmaRequest.NO_PASID;
import static io.virtrig.emulator.hardware.iommu.GuestTables.LEAF;
import static io.virtrig.emulator.hardware.iommu.GuestTables.SOURCE;
import static io.virtrig.emulator.hardware.iommu.GuestTables.VA;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a host's SMMU keeps, and what each command takes from it. */
class SmmuUnitTest {
  private static final long CD = 0x1000;
  private static final long PAGE = 0xf43;
  private static final long GLOBAL_PAGE = 0x743;
  private static final int ASID = 1;

  private final GuestTables guest = new GuestTables("aarch64");
  private final SmmuUnit unit = Objects.requireNonNull(guest.iommu.smmu());

  @BeforeEach
  void attach() {
    descriptor(ASID);
    guest.set(0x27f0, 0x3003);
    guest.set(0x3240, 0x4003);
    guest.set(0x4d10, 0x5003);
    guest.set(LEAF, 0x6000 | PAGE);
    unit.translateStage1(SOURCE, new SmmuUnit.Contexts(CD, 0, 0, 0));
  }

  private void descriptor(int asid) {
    guest.set(CD, 0x0000_e205_c000_3510L | (long) asid << 48);
    guest.set(CD + 8, 0x2000);
    guest.set(CD + 24, 0xff);
  }

  private void remap(long flags) {
    assertThat(guest.at(VA, NO_PASID)).isEqualTo(0x6000);
    guest.set(LEAF, 0x7000 | flags);
    assertThat(guest.at(VA, NO_PASID)).isEqualTo(0x6000);
  }

  @Test
  void aChangedDescriptorIsStaleUntilItsAddressIsInvalidated() {
    remap(PAGE);
    unit.invalidateAddresses(guest.domain, ASID + 1, VA, VA + 0xfff, true);
    unit.invalidateAddresses(guest.domain, ASID, VA + 0x1000, VA + 0x1fff, true);
    assertThat(guest.at(VA, NO_PASID)).isEqualTo(0x6000);
    unit.invalidateAddresses(guest.domain, ASID, VA, VA + 0xfff, true);
    assertThat(guest.at(VA, NO_PASID)).isEqualTo(0x7000);
    assertThat(guest.stale).isNotEmpty();
  }

  @Test
  void globalEntriesOutliveTheirAsid() {
    guest.set(LEAF, 0x6000 | GLOBAL_PAGE);
    remap(GLOBAL_PAGE);
    unit.invalidateAsid(guest.domain, ASID);
    assertThat(guest.at(VA, NO_PASID)).isEqualTo(0x6000);
    unit.invalidateStage1(guest.domain);
    assertThat(guest.at(VA, NO_PASID)).isEqualTo(0x7000);
  }

  @Test
  void anAsidIsInvalidatedWhole() {
    remap(PAGE);
    unit.invalidateAsid(guest.domain, ASID);
    assertThat(guest.at(VA, NO_PASID)).isEqualTo(0x7000);
  }

  @Test
  void aContextDescriptorIsKeptUntilItIsInvalidated() {
    assertThat(guest.at(VA, NO_PASID)).isEqualTo(0x6000);
    guest.set(LEAF, 0x7000 | PAGE);
    descriptor(ASID + 1);
    assertThat(guest.at(VA, NO_PASID)).isEqualTo(0x6000);
    unit.invalidateContexts(SOURCE);
    assertThat(guest.at(VA, NO_PASID)).isEqualTo(0x7000);
  }

  @Test
  void bypassAndAbort() {
    unit.bypassStage1(SOURCE);
    assertThat(guest.at(0x6000, NO_PASID)).isEqualTo(0x6000);
    unit.abort(SOURCE);
    assertThat(guest.at(0x6000, NO_PASID)).isEqualTo(-1);
    List<RecordedFault> faults = new ArrayList<>();
    unit.faultListener(SOURCE, faults::add);
    assertThat(guest.at(0x6000, NO_PASID)).isEqualTo(-1);
    assertThat(faults).isEmpty();
    unit.translateStage1(SOURCE, new SmmuUnit.Contexts(CD, 0, 0, 0));
    assertThat(guest.at(VA, NO_PASID)).isEqualTo(0x6000);
  }

  @Test
  void eventsSayWhichStageFaulted() {
    List<RecordedFault> faults = new ArrayList<>();
    unit.faultListener(SOURCE, faults::add);
    assertThat(guest.at(VA + 0x1000, NO_PASID)).isEqualTo(-1);
    guest.set(LEAF + 8, 0x40000 | PAGE);
    assertThat(guest.at(VA + 0x1000, NO_PASID)).isEqualTo(-1);
    assertThat(guest.at(VA, 5)).isEqualTo(-1);
    assertThat(faults)
        .extracting(RecordedFault::name)
        .containsExactly("F_TRANSLATION", "F_TRANSLATION", "C_BAD_SUBSTREAMID");
    assertThat(faults).extracting(RecordedFault::secondStage).containsExactly(false, true, false);
  }

  @Test
  void unmappingCutsCombinedTranslations() {
    assertThat(guest.at(VA, NO_PASID)).isEqualTo(0x6000);
    guest.domain.unmap(0, 0xffff);
    assertThat(guest.at(VA, NO_PASID)).isEqualTo(-1);
  }
}
