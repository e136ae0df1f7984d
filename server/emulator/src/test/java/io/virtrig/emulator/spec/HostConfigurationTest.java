package io.virtrig.emulator.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.IommuSpec;
import io.virtrig.v1.KernelSpec;
import io.virtrig.v1.Refusal;
import org.junit.jupiter.api.Test;

class HostConfigurationTest {

  @Test
  void anEmptySpecificationIsTheDefaultHost() {
    HostConfiguration configuration = HostConfiguration.of(HostSpec.getDefaultInstance());
    assertThat(configuration.arch()).isEqualTo(Arch.X86_64);
    assertThat(configuration.uapi()).isEqualTo(UapiProfile.MAINLINE);
    assertThat(configuration.iommuModel()).isEqualTo(IommuModel.INTEL_VTD);
    assertThat(configuration.spec().getKernel().getDmaEntryLimit()).isEqualTo(65535);
    assertThat(configuration.spec().getIommu().getAddressWidth()).isEqualTo(48);
  }

  @Test
  void aFullSpecificationIsItsOwnDefault() {
    HostSpec full = HostConfiguration.of(spec(device("0000:00:02.0").setPasid(true))).spec();
    assertThat(HostConfiguration.of(full).spec()).isEqualTo(full);
  }

  @Test
  void theIommuFollowsTheMachine() {
    assertThat(HostConfiguration.of(HostSpec.newBuilder().setCpu("amd").build()).iommuModel())
        .isEqualTo(IommuModel.AMD_VI);
    assertThat(HostConfiguration.of(HostSpec.newBuilder().setArch("aarch64").build()).iommuModel())
        .isEqualTo(IommuModel.ARM_SMMU_V3);
  }

  @Test
  void whatMakesNoSenseNamesTheField() {
    refused(HostSpec.newBuilder().setArch("vax"), "spec.arch");
    refused(HostSpec.newBuilder().setArch("aarch64").setCpu("intel"), "spec.cpu");
    refused(
        HostSpec.newBuilder().setKernel(KernelSpec.newBuilder().setUapi("vsva-v9")),
        "spec.kernel.uapi");
    refused(
        HostSpec.newBuilder().setKernel(KernelSpec.newBuilder().addKvmSeries("x")),
        "spec.kernel.kvm_series");
    refused(
        HostSpec.newBuilder().setIommu(IommuSpec.newBuilder().setAddressWidth(65)),
        "spec.iommu.address_width");
    refused(
        HostSpec.newBuilder().setIommu(IommuSpec.newBuilder().setPasidBits(0)),
        "spec.iommu.pasid_bits");
    refused(HostSpec.newBuilder().addDevices(DeviceSpec.newBuilder()), "spec.devices[0].bdf");
    refused(HostSpec.newBuilder().addDevices(device("00:02.0")), "spec.devices[0].bdf");
    refused(
        HostSpec.newBuilder().addDevices(device("0000:00:02.0").setMsi(3)), "spec.devices[0].msi");
    refused(
        HostSpec.newBuilder().addDevices(device("0000:00:02.0").setMsix(2049)),
        "spec.devices[0].msix");
    refused(
        HostSpec.newBuilder().addDevices(device("0000:00:02.0").setDriver("e1000")),
        "spec.devices[0].driver");
    refused(
        HostSpec.newBuilder()
            .addDevices(device("0000:00:02.0"))
            .addDevices(device("0000:00:02.0").setName("other")),
        "spec.devices[1].bdf");
    refused(
        HostSpec.newBuilder()
            .addDevices(device("0000:00:02.0").setName("a"))
            .addDevices(device("0000:00:03.0").setName("a")),
        "spec.devices[1].name");
  }

  @Test
  void whatIsNotSimulatedSaysSo() {
    unimplemented(
        HostSpec.newBuilder().setArch("s390x").addDevices(device("0000:00:02.0")),
        "spec.devices[0].kind");
    unimplemented(
        HostSpec.newBuilder()
            .setArch("s390x")
            .setIommu(IommuSpec.newBuilder().setModel("intel-vtd")),
        "spec.iommu.model");
    unimplemented(
        HostSpec.newBuilder().setIommu(IommuSpec.newBuilder().setModel("iommufd-selftest")),
        "spec.iommu.model");
  }

  @Test
  void channelDevicesAreChecked() {
    HostSpec.Builder s390 = HostSpec.newBuilder().setArch("s390x");
    DeviceSpec.Builder channel = DeviceSpec.newBuilder().setKind("ccw").setGroup(9);
    refused(HostSpec.newBuilder().addDevices(channel), "spec.devices[0].kind");
    refused(
        s390.clone().addDevices(DeviceSpec.newBuilder().setKind("ccw")), "spec.devices[0].group");
    refused(s390.clone().addDevices(channel.clone().setSchid("10")), "spec.devices[0].schid");
    refused(s390.clone().addDevices(channel.clone().setDevno(0x10000)), "spec.devices[0].devno");
    refused(s390.clone().addDevices(channel.clone().setPaths(0)), "spec.devices[0].paths");
    refused(
        s390.clone().addDevices(channel).addDevices(channel.clone().setName("a")),
        "spec.devices[1].group");
    HostConfiguration full = HostConfiguration.of(s390.clone().addDevices(channel).build());
    assertThat(full.ccwDevices().getFirst().spec().getSchid()).isEqualTo("0.0.0010");
    assertThat(full.spec().getIommu().getModel()).isEqualTo("none");
  }

  private static HostSpec spec(DeviceSpec.Builder device) {
    return HostSpec.newBuilder().addDevices(device).build();
  }

  private static DeviceSpec.Builder device(String bdf) {
    return DeviceSpec.newBuilder().setKind("pci").setBdf(bdf).setGroup(1);
  }

  private static void refused(HostSpec.Builder spec, String field) {
    assertRefused(spec, field, Refusal.Code.CODE_INVALID_ARGUMENT);
  }

  private static void unimplemented(HostSpec.Builder spec, String field) {
    assertRefused(spec, field, Refusal.Code.CODE_UNIMPLEMENTED);
  }

  private static void assertRefused(HostSpec.Builder spec, String field, Refusal.Code code) {
    Refused refused = catchThrowableOfType(Refused.class, () -> HostConfiguration.of(spec.build()));
    assertThat(refused).as("%s", spec).isNotNull();
    assertThat(refused.field()).isEqualTo(field);
    assertThat(refused.code()).isEqualTo(code);
    assertThat(refused.getMessage()).isNotEmpty();
  }
}
