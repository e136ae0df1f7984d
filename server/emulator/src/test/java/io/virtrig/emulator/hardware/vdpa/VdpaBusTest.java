package io.virtrig.emulator.hardware.vdpa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.virtrig.emulator.Host;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import org.junit.jupiter.api.Test;

class VdpaBusTest {

  private static DeviceSpec.Builder vdpa(String name) {
    return DeviceSpec.newBuilder().setKind("vdpa").setName(name);
  }

  private static void refused(String field, DeviceSpec.Builder... devices) {
    HostSpec.Builder spec = HostSpec.newBuilder();
    for (DeviceSpec.Builder device : devices) {
      spec.addDevices(device);
    }
    Refused refused = catchThrowableOfType(Refused.class, () -> new Host(spec.build()));
    assertThat(refused).isNotNull();
    assertThat(refused.field()).isEqualTo(field);
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    refused("spec.devices[0].model", vdpa("a").setModel("mlx5"));
    refused("spec.devices[0].class", vdpa("a").setClass_("gpu"));
    refused("spec.devices[0].queues", vdpa("a").setModel("ifcvf").setQueues(0));
    refused("spec.devices[0].msix_vectors", vdpa("a").setMsixVectors(2049));
    refused("spec.devices[0].peer", vdpa("a").setClass_("blk").setPeer("b"));
    refused("spec.devices", vdpa("a").setPeer("b"));
    refused("spec.devices[1].name", vdpa("a"), vdpa("a"));
  }

  @Test
  void aPciDeviceBehindAVdpaDeviceIsNamedByItsPlace() {
    refused(
        "spec.devices[1].model",
        vdpa("a"),
        DeviceSpec.newBuilder().setBdf("0000:00:02.0").setModel("unheard-of"));
  }

  @Test
  void defaultsAreFilledIn() {
    DeviceSpec full =
        new Host(HostSpec.newBuilder().addDevices(DeviceSpec.newBuilder().setKind("vdpa")).build())
            .spec()
            .getDevices(0);
    assertThat(full.getName()).isEqualTo("vdpa0");
    assertThat(full.getModel()).isEqualTo("vdpasim");
    assertThat(full.getClass_()).isEqualTo("net");
    assertThat(full.getQueues()).isEqualTo(3);
  }
}
