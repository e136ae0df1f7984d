package io.virtrig.emulator.kernel.vfio.pci;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.kernel.vfio.VfioRig;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.VfioDeviceGetPciHotResetInfoRequest;
import io.virtrig.v1.VfioDevicePciHotResetRequest;
import org.junit.jupiter.api.Test;

/** Resets of a bus with two functions in two groups. */
class HotResetTest {
  private static HostSpec spec(String driver) {
    return HostSpec.newBuilder()
        .addDevices(VfioRig.nic().setBdf("0000:05:00.0"))
        .addDevices(
            DeviceSpec.newBuilder()
                .setName("other")
                .setBdf("0000:05:00.1")
                .setGroup(8)
                .setDriver(driver))
        .build();
  }

  private static Operation.Builder reset(VfioRig rig, int... fds) {
    VfioDevicePciHotResetRequest.Builder arg =
        VfioDevicePciHotResetRequest.newBuilder().setTargetFd(rig.device);
    for (int fd : fds) {
      arg.addGroupFds(fd);
    }
    return Operation.newBuilder().setVfioDevicePciHotReset(arg);
  }

  @Test
  void everyGroupOfTheBusMustBeHeld() {
    try (VfioRig rig = new VfioRig(spec("vfio-pci"))) {
      rig.write(0, "01020304");
      assertThat(rig.rig.errno(reset(rig, rig.group))).isEqualTo("EINVAL");
      int other = rig.join(8);
      assertThat(rig.rig.errno(reset(rig, rig.group, other, other))).isEqualTo("EINVAL");
      assertThat(rig.rig.errno(reset(rig, rig.group, 999))).isEqualTo("EBADF");
      assertThat(rig.read(0, 4)).isEqualTo("01020304");
      rig.rig.ok(reset(rig, other, rig.group));
      assertThat(rig.read(0, 4)).isEqualTo("00000000");
    }
  }

  @Test
  void aFunctionOfAnotherDriverForbidsIt() {
    try (VfioRig rig = new VfioRig(spec("none"))) {
      assertThat(rig.rig.errno(reset(rig, rig.group))).isEqualTo("EINVAL");
    }
  }

  @Test
  void bothFunctionsAreListedInTheOrderOfTheHost() {
    try (VfioRig rig = new VfioRig(spec("none"))) {
      var info =
          rig.rig
              .ok(
                  Operation.newBuilder()
                      .setVfioDeviceGetPciHotResetInfo(
                          VfioDeviceGetPciHotResetInfoRequest.newBuilder()
                              .setTargetFd(rig.device)
                              .setArgsz(28)))
              .getVfioDeviceGetPciHotResetInfo();
      assertThat(info.getDevicesList()).extracting(d -> d.getDevfn()).containsExactly(0, 1);
      assertThat(info.getDevicesList()).extracting(d -> d.getGroupId()).containsExactly(7, 8);
    }
  }
}
