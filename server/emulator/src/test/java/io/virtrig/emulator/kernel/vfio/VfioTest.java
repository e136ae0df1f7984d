package io.virtrig.emulator.kernel.vfio;

import static io.virtrig.uapi.Vfio.*;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.Rig;
import io.virtrig.v1.ExitRequest;
import io.virtrig.v1.HostIrqbypassRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.PwriteRequest;
import io.virtrig.v1.VfioDeviceFeatureRequest;
import io.virtrig.v1.VfioDeviceGetRegionInfoRequest;
import io.virtrig.v1.VfioDeviceSetIrqsRequest;
import io.virtrig.v1.VfioGroupGetDeviceFdRequest;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Order of checks, names of devices, teardown and odd arguments. */
class VfioTest {

  @Test
  void overlapWinsOverBadMemoryAndBadMemoryOverNothing() {
    try (VfioRig rig = new VfioRig()) {
      long addr = rig.rig.mmap(0x4000);
      rig.rig.ok(rig.map(0, addr, 0x1000));
      assertThat(rig.rig.errno(rig.map(0, 0x10000, 0x1000))).isEqualTo("EEXIST");
      assertThat(rig.rig.errno(rig.map(0xfee00000L, 0x10000, 0x1000))).isEqualTo("EINVAL");
      assertThat(rig.rig.errno(rig.map(0x1000, 0x10000, 0x1000))).isEqualTo("EFAULT");
      assertThat(rig.rig.errno(rig.map(8, 0, 0x10001, 0))).isEqualTo("EINVAL");
    }
  }

  @Test
  void aDevicesNameMayBeFollowedByBlanksAndByNothingElse() {
    try (VfioRig rig = new VfioRig()) {
      rig.rig.close(rig.openDevice(rig.group, VfioRig.BDF + "  "));
      rig.rig.close(rig.openDevice(rig.group, VfioRig.DEVICE));
      assertThat(nameErrno(rig, VfioRig.BDF + "x")).isEqualTo("ENODEV");
      assertThat(nameErrno(rig, VfioRig.BDF + " x")).isEqualTo("EINVAL");
      assertThat(nameErrno(rig, VfioRig.BDF + " vf_token=1")).isEqualTo("EINVAL");
      assertThat(nameErrno(rig, VfioRig.BDF + " vf_token=00000000-0000-0000-0000-000000000000"))
          .isEqualTo("EINVAL");
      assertThat(nameErrno(rig, "")).isEqualTo("ENODEV");
    }
  }

  private static String nameErrno(VfioRig rig, String name) {
    return rig.rig.errno(
        Operation.newBuilder()
            .setVfioGroupGetDeviceFd(
                VfioGroupGetDeviceFdRequest.newBuilder().setTargetFd(rig.group).setName(name)));
  }

  @Test
  void theEndOfAProcessLeavesNothing() {
    String before;
    try (Rig fresh = new Rig(VfioRig.spec())) {
      before = fresh.host().describe().toString();
    }
    try (VfioRig rig = new VfioRig()) {
      long addr = rig.rig.mmap(0x10000);
      rig.rig.ok(rig.map(0, addr, 0x10000));
      rig.rig.ok(rig.mmapDevice(0, 0x4000));
      int e = rig.rig.eventfd(0);
      rig.rig.ok(rig.setIrqs(0x24, VFIO_PCI_MSIX_IRQ_INDEX, 0, 2, e, rig.rig.eventfd(0)));
      assertThat(producers(rig)).isEqualTo(2);
      rig.busMaster();
      rig.rig.ok(Operation.newBuilder().setExit(ExitRequest.newBuilder().setPid(1)));
      assertThat(rig.rig.usedFrames()).isZero();
      assertThat(producers(rig)).isZero();
      String after = rig.rig.host().describe().toString();
      assertThat(after).doesNotContain("enabled", "mapping", "container");
      assertThat(before).doesNotContain("enabled");
      assertThat(rig.dmaRead(VfioRig.DEVICE, 0, 4).getHwDmaRead().getFault().getReason())
          .isEqualTo("not_bus_master");
    }
  }

  private static int producers(VfioRig rig) {
    return rig.rig
        .ok(Operation.newBuilder().setHostIrqbypass(HostIrqbypassRequest.getDefaultInstance()))
        .getHostIrqbypass()
        .getProducers();
  }

  @Test
  void reopeningADeviceShowsItAsBefore() {
    try (VfioRig rig = new VfioRig()) {
      String before = rig.config(0, 4096);
      rig.writeConfig(4, "0704");
      rig.writeConfig(0x10, "ffffffff");
      rig.writeConfig(0x3c, "5a");
      rig.writeConfig(0x44, "0300");
      rig.write(0x70000000166L, "ff");
      rig.rig.close(rig.device);
      assertThat(rig.openDevice(rig.group, VfioRig.BDF)).isEqualTo(rig.device);
      assertThat(rig.config(0, 4096)).isEqualTo(before);
    }
  }

  @Test
  void noArgumentBreaksADevice() {
    for (long seed = 0; seed < 300; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      try (VfioRig rig = new VfioRig(HostSpec.newBuilder(VfioRig.spec()).build())) {
        for (int i = 0; i < 60; i++) {
          rig.rig.apply(anything(random, rig.device));
        }
      }
    }
  }

  private static int odd(SplittableRandom random) {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt();
      case 1 -> -1 - random.nextInt(3);
      default -> random.nextInt(70);
    };
  }

  private static Operation.Builder anything(SplittableRandom random, int device) {
    long offset =
        ((long) random.nextInt(11) << 40)
            + (random.nextBoolean() ? random.nextInt(0x1100) : random.nextLong() >>> 24);
    return switch (random.nextInt(5)) {
      case 0 -> {
        VfioDeviceSetIrqsRequest.Builder arg =
            VfioDeviceSetIrqsRequest.newBuilder()
                .setTargetFd(device)
                .setFlags(random.nextInt(64))
                .setIndex(odd(random))
                .setStart(odd(random))
                .setCount(odd(random));
        for (int i = random.nextInt(5); i > 0; i--) {
          arg.addData(odd(random));
        }
        if (random.nextBoolean()) {
          arg.setArgsz(odd(random));
        }
        yield Operation.newBuilder().setVfioDeviceSetIrqs(arg);
      }
      case 1 ->
          Operation.newBuilder()
              .setVfioDeviceGetRegionInfo(
                  VfioDeviceGetRegionInfoRequest.newBuilder()
                      .setTargetFd(device)
                      .setArgsz(odd(random))
                      .setIndex(odd(random)));
      case 2 ->
          Operation.newBuilder()
              .setVfioDeviceFeature(
                  VfioDeviceFeatureRequest.newBuilder().setTargetFd(device).setFlags(odd(random)));
      default -> {
        byte[] bytes = new byte[random.nextInt(40)];
        random.nextBytes(bytes);
        yield Operation.newBuilder()
            .setPwrite(
                PwriteRequest.newBuilder()
                    .setTargetFd(device)
                    .setOffset(offset)
                    .setBytes(ByteString.copyFrom(bytes)));
      }
    };
  }
}
