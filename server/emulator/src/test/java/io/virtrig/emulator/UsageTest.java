package io.virtrig.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.virtrig.uapi.Vfio;
import io.virtrig.v1.CloseRequest;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.ExitRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.MunmapRequest;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.ProcessRequest;
import io.virtrig.v1.StateNode;
import io.virtrig.v1.StoreRequest;
import io.virtrig.v1.VfioGroupSetContainerRequest;
import io.virtrig.v1.VfioIommuMapDmaRequest;
import io.virtrig.v1.VfioIommuUnmapDmaRequest;
import io.virtrig.v1.VfioSetIommuRequest;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What a host says it uses is what can be counted in its state. */
class UsageTest {
  private static final int ROUNDS = 400;
  private static final int PAGE = 4096;

  @Test
  void countsAgreeWithTheStateAfterAnyOperations() {
    for (long seed = 0; seed < 20; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      Host host;
      try (Rig rig =
          new Rig(
              HostSpec.newBuilder()
                  .addDevices(DeviceSpec.newBuilder().setBdf("0000:00:02.0").setGroup(7))
                  .addDevices(DeviceSpec.newBuilder().setBdf("0000:00:03.0").setGroup(8))
                  .build())) {
        host = rig.host();
        container(rig);
        for (int round = 0; round < ROUNDS; round++) {
          rig.apply(any(random));
          if (round % 20 == 0) {
            assertAgrees(host, "seed " + seed + " round " + round);
          }
        }
      }
      // Closing the rig has ended the host.
      Usage usage = host.usage();
      assertThat(usage.devices()).isEqualTo(2);
      assertThat(usage.guestBytes()).as("seed %d", seed).isZero();
      assertThat(usage.mappings()).as("seed %d", seed).isZero();
      assertThat(usage.eventfds()).as("seed %d", seed).isZero();
    }
  }

  private static void container(Rig rig) {
    int container = rig.open("/dev/vfio/vfio");
    int group = rig.open("/dev/vfio/7");
    rig.ok(
        Operation.newBuilder()
            .setVfioGroupSetContainer(
                VfioGroupSetContainerRequest.newBuilder().setTargetFd(group).setValue(container)));
    rig.ok(
        Operation.newBuilder()
            .setVfioSetIommu(
                VfioSetIommuRequest.newBuilder()
                    .setTargetFd(container)
                    .setValue(Vfio.VFIO_TYPE1v2_IOMMU)));
  }

  private static Operation.Builder any(SplittableRandom random) {
    Operation.Builder op = Operation.newBuilder();
    int pid = 1 + random.nextInt(3);
    long addr = 0x100000L + (long) random.nextInt(64) * PAGE;
    long length = (long) (1 + random.nextInt(8)) * PAGE;
    return switch (random.nextInt(11)) {
      case 0 -> op.setEventfd(EventfdRequest.newBuilder().setPid(pid));
      case 1 ->
          op.setClose(CloseRequest.newBuilder().setPid(pid).setTargetFd(2 + random.nextInt(12)));
      case 2, 3 -> op.setMmap(MmapRequest.newBuilder().setPid(pid).setAddr(addr).setLength(length));
      case 4 ->
          op.setMunmap(MunmapRequest.newBuilder().setPid(pid).setAddr(addr).setLength(length));
      case 5, 6 ->
          op.setStore(
              StoreRequest.newBuilder()
                  .setPid(pid)
                  .setAddr(addr + random.nextInt(PAGE))
                  .setBytes(ByteString.copyFrom(new byte[1 + random.nextInt(2 * PAGE)])));
      case 7 ->
          op.setVfioIommuMapDma(
              VfioIommuMapDmaRequest.newBuilder()
                  .setTargetFd(0)
                  .setFlags(Vfio.VFIO_DMA_MAP_FLAG_READ | Vfio.VFIO_DMA_MAP_FLAG_WRITE)
                  .setIova((long) random.nextInt(64) * PAGE)
                  .setVaddr(addr)
                  .setSize(length));
      case 8 ->
          op.setVfioIommuUnmapDma(
              VfioIommuUnmapDmaRequest.newBuilder()
                  .setTargetFd(0)
                  .setIova(0)
                  .setSize((long) random.nextInt(64) * PAGE));
      case 9 ->
          random.nextInt(10) == 0
              ? op.setExit(ExitRequest.newBuilder().setPid(pid))
              : op.setProcess(ProcessRequest.getDefaultInstance());
      default -> op.setOpen(OpenRequest.newBuilder().setPid(pid).setPath("/dev/kvm"));
    };
  }

  private static void assertAgrees(Host host, String when) {
    StateNode state = host.describe();
    Usage usage = host.usage();
    assertThat(usage.mappings()).as(when).isEqualTo(count(state, "mapping"));
    assertThat(usage.eventfds()).as(when).isEqualTo(count(state, "EventFdFile"));
  }

  private static long count(StateNode node, String name) {
    long count = node.getName().equals(name) || node.getKey().startsWith(name + "#") ? 1 : 0;
    for (StateNode child : node.getChildrenList()) {
      count += count(child, name);
    }
    return count;
  }
}
