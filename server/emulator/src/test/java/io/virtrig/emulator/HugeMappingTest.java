package io.virtrig.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.VfioGroupSetContainerRequest;
import io.virtrig.v1.VfioIommuMapDmaRequest;
import io.virtrig.v1.VfioIommuUnmapDmaRequest;
import io.virtrig.v1.VfioSetIommuRequest;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** Size costs nothing: mapping a terabyte allocates what mapping a page does. */
class HugeMappingTest {
  private static final long TERABYTE = 1L << 40;
  private static final long PAGE = 4096;

  @Test
  void aTerabyteAllocatesNoMoreThanAPage() {
    long page = bytesToMapAndUnmap(PAGE);
    long terabyte = bytesToMapAndUnmap(TERABYTE);
    assertThat(terabyte).isBetween(page - page / 4, page + page / 4);
  }

  private static long bytesToMapAndUnmap(long size) {
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 20; round++) {
      try (Rig rig = new Rig(oneDevice())) {
        int container = rig.open("/dev/vfio/vfio");
        int group = rig.open("/dev/vfio/1");
        rig.ok(
            Operation.newBuilder()
                .setVfioGroupSetContainer(
                    VfioGroupSetContainerRequest.newBuilder()
                        .setTargetFd(group)
                        .setValue(container)));
        rig.ok(
            Operation.newBuilder()
                .setVfioSetIommu(
                    VfioSetIommuRequest.newBuilder().setTargetFd(container).setValue(3)));
        // IOVA above the interrupt window, so that a terabyte fits.
        long iova = 1L << 32;
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        long vaddr = rig.mmap(size);
        rig.ok(
            Operation.newBuilder()
                .setVfioIommuMapDma(
                    VfioIommuMapDmaRequest.newBuilder()
                        .setTargetFd(container)
                        .setFlags(3)
                        .setIova(iova)
                        .setVaddr(vaddr)
                        .setSize(size)));
        assertThat(
                rig.ok(
                        Operation.newBuilder()
                            .setVfioIommuUnmapDma(
                                VfioIommuUnmapDmaRequest.newBuilder()
                                    .setTargetFd(container)
                                    .setIova(iova)
                                    .setSize(size)))
                    .getVfioIommuUnmapDma()
                    .getSize())
            .isEqualTo(size);
        rig.munmap(vaddr, size);
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
    }
    return least;
  }

  private static HostSpec oneDevice() {
    return HostSpec.newBuilder()
        .addDevices(DeviceSpec.newBuilder().setName("nic0").setBdf("0000:00:02.0").setGroup(1))
        .build();
  }
}
