package io.virtrig.emulator.hardware.iommu;

import static io.virtrig.emulator.hardware.iommu.GuestTables.FLAGS;
import static io.virtrig.emulator.hardware.iommu.GuestTables.LEAF;
import static io.virtrig.emulator.hardware.iommu.GuestTables.SOURCE;
import static io.virtrig.emulator.hardware.iommu.GuestTables.TOP;
import static io.virtrig.emulator.hardware.iommu.GuestTables.VA;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.event.EventListener;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuUnit;
import io.virtrig.emulator.hardware.iommu.vtd.HostPasidEntry;
import io.virtrig.emulator.hardware.iommu.vtd.VtdUnit;
import io.virtrig.v1.EventKind;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class CacheUsesTest {
  private static final int PASID = 5;
  private static final long CD = 0x1000;
  private static final long SMMU_PAGE = 0xf43;

  private final Map<String, String> told = new TreeMap<>();
  private final EventListener listener =
      new EventListener() {
        @Override
        public void happened(EventKind kind, String label) {}

        @Override
        public void used(String cache, long hits, long misses, long evictions) {
          told.put(cache, hits + " hits, " + misses + " misses, " + evictions + " evictions");
        }
      };

  @Test
  void whatIsKeptIsAHitAndWhatDoesNotFitMakesRoom() {
    GuestTables guest = new GuestTables("x86_64", 1);
    guest.x86(FLAGS);
    guest.set(LEAF + Long.BYTES, 0x7000 | FLAGS);
    VtdUnit unit = (VtdUnit) guest.iommu.unit();
    unit.setPasid(
        SOURCE, PASID, new HostPasidEntry.Nested(guest.domain, TOP, 4, false, false, false));
    assertThat(told(guest)).isEmpty();
    assertThat(guest.at(VA, PASID)).isEqualTo(0x6000);
    assertThat(told(guest))
        .containsEntry("iotlb", "0 hits, 1 misses, 0 evictions")
        .containsKey("paging");
    assertThat(guest.at(VA, PASID)).isEqualTo(0x6000);
    assertThat(guest.at(VA, PASID)).isEqualTo(0x6000);
    assertThat(told(guest)).containsOnly(Map.entry("iotlb", "2 hits, 0 misses, 0 evictions"));
    assertThat(guest.at(VA + 0x1000, PASID)).isEqualTo(0x7000);
    assertThat(told(guest))
        .containsOnly(
            Map.entry("iotlb", "0 hits, 1 misses, 1 evictions"),
            Map.entry("paging", "1 hits, 0 misses, 0 evictions"));
    assertThat(told(guest)).as("told once").isEmpty();
  }

  /** It looks for an entry of the ASID and then for a global one: that is one miss. */
  @Test
  void anSmmuThatLooksTwiceMissesOnce() {
    GuestTables guest = new GuestTables("aarch64");
    guest.set(CD, 0x0001_e205_c000_3510L);
    guest.set(CD + 8, 0x2000);
    guest.set(CD + 24, 0xff);
    guest.set(0x27f0, 0x3003);
    guest.set(0x3240, 0x4003);
    guest.set(0x4d10, 0x5003);
    guest.set(LEAF, 0x6000 | SMMU_PAGE);
    ((SmmuUnit) guest.iommu.unit()).translateStage1(SOURCE, new SmmuUnit.Contexts(CD, 0, 0, 0));
    assertThat(guest.at(VA, DmaRequest.NO_PASID)).isEqualTo(0x6000);
    assertThat(told(guest)).containsOnly(Map.entry("iotlb", "0 hits, 1 misses, 0 evictions"));
    assertThat(guest.at(VA, DmaRequest.NO_PASID)).isEqualTo(0x6000);
    assertThat(told(guest)).containsOnly(Map.entry("iotlb", "1 hits, 0 misses, 0 evictions"));
  }

  private Map<String, String> told(GuestTables guest) {
    told.clear();
    guest.iommu.uses().report(listener);
    return Map.copyOf(told);
  }
}
