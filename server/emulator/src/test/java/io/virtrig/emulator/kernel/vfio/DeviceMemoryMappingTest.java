package io.virtrig.emulator.kernel.vfio;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.Rig;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.StateNode;
import org.junit.jupiter.api.Test;

/** A mapped BAR as the target of another device's DMA. */
class DeviceMemoryMappingTest {
  private static final DeviceSpec PEER =
      DeviceSpec.newBuilder().setName("peer").setBdf("0000:00:03.0").setGroup(8).build();
  private static final long IOVA = 0x100000;

  private static String lockedPages(VfioRig rig) {
    StateNode process = Rig.child(rig.rig.host().describe(), "process");
    return Rig.field(Rig.child(process, "memory"), "locked_pages");
  }

  @Test
  void anotherDeviceReachesTheBarAndNothingIsLocked() {
    try (VfioRig rig = new VfioRig(PEER)) {
      long addr = rig.rig.ok(rig.mmapDevice(0, 0x4000)).getMmap().getRet();
      rig.rig.ok(rig.map(IOVA, addr, 0x4000));
      assertThat(lockedPages(rig)).isEqualTo("0");
      rig.busMaster();
      assertThat(rig.dmaWrite(VfioRig.DEVICE, IOVA + 0x1004, "0a0b0c0d").hasErrno()).isFalse();
      assertThat(rig.read(0x1004, 4)).isEqualTo("0a0b0c0d");
      assertThat(rig.dmaRead(VfioRig.DEVICE, IOVA + 0x1002, 4).getHwDmaRead().getBytes().size())
          .isEqualTo(4);
      rig.rig.ok(rig.unmap(0, IOVA, 0x4000));
      assertThat(rig.dmaRead(VfioRig.DEVICE, IOVA, 4).getErrno().getName()).isEqualTo("EFAULT");
    }
  }

  @Test
  void aMappingMayHoldMemoryAndDeviceMemory() {
    try (VfioRig rig = new VfioRig()) {
      long addr = rig.rig.mmap(0x8000);
      rig.rig.munmap(addr + 0x4000, 0x4000);
      rig.rig.ok(
          Operation.newBuilder()
              .setMmap(
                  MmapRequest.newBuilder()
                      .setAddr(addr + 0x4000)
                      .setFd(rig.device)
                      .setLength(0x4000)));
      rig.rig.ok(rig.map(IOVA, addr, 0x8000));
      assertThat(lockedPages(rig)).isEqualTo("4");
      rig.busMaster();
      rig.dmaWrite(VfioRig.DEVICE, IOVA + 0x3ffe, "01020304");
      assertThat(rig.read(0, 2)).isEqualTo("0304");
      assertThat(rig.rig.load(addr + 0x3ffe, 2)).containsExactly(1, 2);
    }
  }

  @Test
  void aBarThatNoLongerDecodesReadsAllOnesToOthers() {
    try (VfioRig rig = new VfioRig(PEER)) {
      rig.openDevice(rig.join(8), "peer");
      long addr = rig.rig.ok(rig.mmapDevice(0, 0x4000)).getMmap().getRet();
      rig.rig.ok(rig.map(IOVA, addr, 0x4000));
      rig.writeConfig(4, "0400");
      rig.dmaWrite(VfioRig.DEVICE, IOVA, "01020304");
      assertThat(rig.dmaRead(VfioRig.DEVICE, IOVA, 4).getHwDmaRead().getBytes())
          .isEqualTo(ByteString.fromHex("ffffffff"));
      rig.writeConfig(4, "0600");
      assertThat(rig.read(0, 4)).isEqualTo("00000000");
    }
  }

  @Test
  void aBarThatDoesNotDecodeCannotBeMapped() {
    try (VfioRig rig = new VfioRig()) {
      long addr = rig.rig.ok(rig.mmapDevice(0, 0x4000)).getMmap().getRet();
      rig.writeConfig(4, "0000");
      assertThat(rig.rig.errno(rig.map(IOVA, addr, 0x4000))).isEqualTo("EFAULT");
    }
  }
}
