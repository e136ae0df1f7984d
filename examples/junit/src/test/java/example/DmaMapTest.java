package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtrig.client.ErrnoException;
import io.virtrig.client.VirtrigHost;
import io.virtrig.testcontainers.VirtrigExtension;
import io.virtrig.uapi.Vfio;
import io.virtrig.v1.CloseRequest;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.MunmapRequest;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.VfioGroupSetContainerRequest;
import io.virtrig.v1.VfioIommuMapDmaRequest;
import io.virtrig.v1.VfioSetIommuRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Maps memory for DMA as a VMM does. Put your own code in the place of these calls. */
class DmaMapTest {

  @RegisterExtension
  static final VirtrigExtension VIRTRIG =
      VirtrigExtension.ofHost(
              """
              {"cpu": "intel", "iommu": {"model": "intel-vtd"},
               "devices": [{"name": "nic0", "bdf": "0000:01:00.0", "group": 7, "model": "e1000e"}]}
              """)
          .failingOnLeaks();

  private static final int PAGE = 4096;

  @Test
  void anAddressInsideAPageIsRefused(VirtrigHost host) {
    int container = open(host, "/dev/vfio/vfio");
    int group = open(host, "/dev/vfio/7");
    host.vfio(
        vfio ->
            vfio.vfioGroupSetContainer(
                VfioGroupSetContainerRequest.newBuilder()
                    .setHost(host.id())
                    .setTargetFd(group)
                    .setValue(container)
                    .build()));
    host.vfio(
        vfio ->
            vfio.vfioSetIommu(
                VfioSetIommuRequest.newBuilder()
                    .setHost(host.id())
                    .setTargetFd(container)
                    .setValue(Vfio.VFIO_TYPE1v2_IOMMU)
                    .build()));
    long memory =
        host.processes(
            process ->
                process
                    .mmap(MmapRequest.newBuilder().setHost(host.id()).setLength(PAGE).build())
                    .getRet());

    ErrnoException refused =
        assertThrows(ErrnoException.class, () -> map(host, container, memory, 0x1800));
    assertEquals("EINVAL", refused.name());
    assertTrue(refused.getMessage().contains("not aligned"), refused.getMessage());
    map(host, container, memory, 0x1000);

    close(host, container);
    close(host, group);
    host.processes(
        process ->
            process.munmap(
                MunmapRequest.newBuilder()
                    .setHost(host.id())
                    .setAddr(memory)
                    .setLength(PAGE)
                    .build()));
  }

  private static int open(VirtrigHost host, String path) {
    long fd =
        host.processes(
            process ->
                process
                    .open(OpenRequest.newBuilder().setHost(host.id()).setPath(path).build())
                    .getRet());
    return (int) fd;
  }

  private static void map(VirtrigHost host, int container, long vaddr, long iova) {
    host.vfio(
        vfio ->
            vfio.vfioIommuMapDma(
                VfioIommuMapDmaRequest.newBuilder()
                    .setHost(host.id())
                    .setTargetFd(container)
                    .setFlags(Vfio.VFIO_DMA_MAP_FLAG_READ)
                    .setVaddr(vaddr)
                    .setIova(iova)
                    .setSize(PAGE)
                    .build()));
  }

  private static void close(VirtrigHost host, int fd) {
    host.processes(
        process ->
            process.close(CloseRequest.newBuilder().setHost(host.id()).setTargetFd(fd).build()));
  }
}
