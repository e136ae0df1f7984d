package io.virtrig.emulator.kernel.vfio.pci;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.kernel.vfio.VfioRig;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.ExtendedCapabilitySpec;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.KernelSpec;
import io.virtrig.v1.LoadRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.VfioDeviceResetRequest;
import org.junit.jupiter.api.Test;

/** Configuration space of made-up functions, which the recorded cases do not have. */
class VfioPciConfigTest {
  private static final int COMMAND = 4;
  private static final int PM_CONTROL = 0x44;
  private static final int DEVICE_CONTROL = 0x58;
  private static final long BAR0 = 0;

  @Test
  void barsAreSizedAndNeverReachTheHardware() {
    try (VfioRig rig = new VfioRig()) {
      rig.writeConfig(0x10, "ffffffff");
      assertThat(rig.config(0x10, 4)).isEqualTo("00c0ffff");
      rig.writeConfig(0x20, "ffffffffffffffff");
      assertThat(rig.config(0x20, 8)).isEqualTo("0c00ffffffffffff");
      rig.writeConfig(0x18, "ffffffff");
      assertThat(rig.config(0x18, 4)).isEqualTo("00000000");
      rig.write(BAR0 + 8, "11223344");
      assertThat(rig.read(BAR0 + 8, 4)).isEqualTo("11223344");
    }
  }

  @Test
  void barAccessInD3hotIsAnError() {
    try (VfioRig rig = new VfioRig()) {
      rig.writeConfig(PM_CONTROL, "0300");
      assertThat(rig.rig.errno(rig.pread(BAR0, 4))).isEqualTo("EIO");
      assertThat(rig.rig.errno(rig.pwrite(BAR0, "00000000"))).isEqualTo("EIO");
      assertThat(rig.rig.errno(rig.pread(BAR0 + 0x4000, 4)))
          .as("the end of the BAR is looked at first")
          .isEqualTo("EINVAL");
      rig.writeConfig(PM_CONTROL, "0000");
      assertThat(rig.read(BAR0, 4)).isEqualTo("00000000");
    }
  }

  @Test
  void aMappingIsDeadWhileMemoryDecodeIsOff() {
    try (VfioRig rig = new VfioRig()) {
      long addr = rig.rig.ok(rig.mmapDevice(BAR0, 4096)).getMmap().getRet();
      rig.rig.store(addr, (byte) 7);
      assertThat(rig.read(BAR0, 1)).isEqualTo("07");
      rig.writeConfig(COMMAND, "0000");
      assertThat(
              rig.rig.errno(
                  Operation.newBuilder()
                      .setLoad(LoadRequest.newBuilder().setAddr(addr).setLength(1))))
          .isEqualTo("EFAULT");
    }
  }

  @Test
  void aFunctionResetClearsRegistersAndKeepsWhatTheUserWroteToConfigSpace() {
    try (VfioRig rig = new VfioRig()) {
      rig.writeConfig(0x3c, "5a");
      rig.write(BAR0, "01020304");
      rig.writeConfig(DEVICE_CONTROL, "1080");
      assertThat(rig.read(BAR0, 4)).isEqualTo("00000000");
      assertThat(rig.config(DEVICE_CONTROL + 1, 1)).isEqualTo("00");
      assertThat(rig.config(0x3c, 1)).isEqualTo("5a");
      rig.write(BAR0, "01020304");
      rig.rig.ok(
          Operation.newBuilder()
              .setVfioDeviceReset(VfioDeviceResetRequest.newBuilder().setTargetFd(rig.device)));
      assertThat(rig.read(BAR0, 4)).isEqualTo("00000000");
    }
  }

  @Test
  void theLargestReadRequestIsTakenOver() {
    try (VfioRig rig = new VfioRig()) {
      rig.writeConfig(DEVICE_CONTROL, "e050");
      assertThat(rig.config(DEVICE_CONTROL, 2)).isEqualTo("e050");
    }
  }

  @Test
  void theMsixTableReadsAllOnesThroughTheRegion() {
    try (VfioRig rig = new VfioRig()) {
      long bar1 = 1L << 40;
      rig.write(bar1, "00000000");
      assertThat(rig.read(bar1 + 12, 4)).isEqualTo("ffffffff");
      assertThat(rig.read(bar1 + 126, 4)).isEqualTo("ffff0000");
    }
  }

  @Test
  void onlyHiddenExtendedCapabilitiesLeaveAnEmptyList() {
    HostSpec spec =
        HostSpec.newBuilder()
            .addDevices(
                VfioRig.nic()
                    .addExtCaps(ExtendedCapabilitySpec.newBuilder().setId(0x1d).setAt(0x100)))
            .build();
    try (VfioRig rig = new VfioRig(spec)) {
      assertThat(rig.config(0x100, 4)).isEqualTo("00000000");
    }
  }

  @Test
  void aFunctionWithoutInterruptsHasCountsOfZero() {
    HostSpec spec =
        HostSpec.newBuilder()
            .addDevices(DeviceSpec.newBuilder().setBdf(VfioRig.BDF).setGroup(7))
            .build();
    try (VfioRig rig = new VfioRig(spec)) {
      assertThat(rig.config(0x3d, 1)).isEqualTo("00");
      for (int index = 0; index < 3; index++) {
        assertThat(rig.rig.errno(rig.setIrqs(0x21, index, 0, 0))).isEqualTo("EINVAL");
      }
    }
  }

  @Test
  void thePasidCapabilityIsSeenByTheProfilesOfTheSeriesOnly() {
    for (String uapi : new String[] {"mainline", "vsva-v4", "vsva-v6", "vsva-v8"}) {
      HostSpec spec =
          HostSpec.newBuilder()
              .setKernel(KernelSpec.newBuilder().setUapi(uapi))
              .addDevices(VfioRig.nic().setPasid(true))
              .build();
      try (VfioRig rig = new VfioRig(spec)) {
        boolean seen = rig.config(0x148, 4).equals("0f000116");
        assertThat(seen).as(uapi).isEqualTo(!uapi.equals("mainline"));
        assertThat(rig.config(0x164, 4)).isEqualTo("04140000");
        rig.writeConfig(0x166, "0100");
        assertThat(rig.config(0x166, 1)).isEqualTo(seen ? "00" : "01");
      }
    }
  }
}
