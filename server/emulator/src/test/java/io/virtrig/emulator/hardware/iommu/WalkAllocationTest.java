package io.virtrig.emulator.hardware.iommu;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuCapabilities;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuTranslation;
import io.virtrig.emulator.hardware.iommu.vtd.VtdCapabilities;
import io.virtrig.emulator.hardware.iommu.vtd.VtdTranslation;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** Walks are on the path of every device access: they must leave nothing for the collector. */
class WalkAllocationTest {
  private static final int WALKS = 10_000;
  private static final DmaRequest REQUEST =
      new DmaRequest(0, DmaRequest.NO_PASID, 0x18, true, true);

  /** One page, every word of which is the same. */
  private record SameWord(long word) implements TableMemory {
    @Override
    public boolean holds(long address) {
      return true;
    }

    @Override
    public long word(long address) {
      return word;
    }

    @Override
    public boolean or(long address, long bits) {
      return true;
    }
  }

  @Test
  void nestedVtdWalkAllocatesNothing() {
    VtdTranslation translation =
        new VtdTranslation(
            new SameWord(0x1007),
            new VtdCapabilities(
                46,
                (2L << (VtdCapabilities.CAP_SAGAW_SHIFT + 1))
                    | (47L << VtdCapabilities.CAP_MGAW_SHIFT),
                VtdCapabilities.ECAP_NEST),
            WalkObserver.NONE);
    long[] nested = {0x1000L | (3 << 6) | (2 << 2) | 1, 1, 0x1001, 0, 0, 0, 0, 0};
    assertThat(translation.translate(nested, REQUEST).references()).isEqualTo(24);
    assertThat(allocated(() -> translation.translate(nested, REQUEST))).isLessThan(WALKS);
  }

  @Test
  void keptTranslationsAreUsedWithoutAllocating() {
    for (String arch : new String[] {"x86_64", "aarch64"}) {
      GuestTables guest = new GuestTables(arch);
      DmaRequest request =
          new DmaRequest(GuestTables.SOURCE, DmaRequest.NO_PASID, 0x6000, true, false);
      assertThat(guest.iommu.unit().translate(request).blocked()).isFalse();
      assertThat(allocated(() -> guest.iommu.unit().translate(request))).isLessThan(WALKS);
    }
  }

  @Test
  void smmuFaultAllocatesNothing() {
    SmmuTranslation translation =
        new SmmuTranslation(new SameWord(0xf), new SmmuCapabilities(3, 16, 4), WalkObserver.NONE);
    assertThat(translation.translate(0, 4, REQUEST).event()).isNotNull();
    assertThat(allocated(() -> translation.translate(0, 4, REQUEST))).isLessThan(WALKS);
  }

  /** Bytes allocated by many walks: less than one a walk is none. */
  private static long allocated(Runnable walk) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    walk.run();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < WALKS; i++) {
      walk.run();
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }
}
