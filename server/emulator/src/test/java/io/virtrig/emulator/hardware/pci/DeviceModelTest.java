package io.virtrig.emulator.hardware.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.Host;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.hardware.iommu.Iommu;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.ExtendedCapabilitySpec;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.HwDmaReadRequest;
import io.virtrig.v1.KernelSpec;
import io.virtrig.v1.Operation;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeviceModelTest {
  private static final DeviceModels EDU =
      new DeviceModels(
          Map.of(
              "edu",
              new DeviceModel(
                  "edu",
                  ByteString.copyFrom(new byte[256]),
                  List.of(new Bar(0, 0x100000, Bar.IORESOURCE_MEM)),
                  List.of())));

  private static HostSpec host(DeviceSpec.Builder device) {
    return HostSpec.newBuilder().addDevices(device.setBdf("0000:00:02.0")).build();
  }

  @Test
  void anUnknownModelIsRefusedWithTheFieldAndTheNamesThatAreKnown() {
    assertThatThrownBy(() -> new Host(host(DeviceSpec.newBuilder().setModel("ed")), EDU))
        .isInstanceOfSatisfying(
            Refused.class, e -> assertThat(e.field()).isEqualTo("spec.devices[0].model"))
        .hasMessageContaining("[edu]");
  }

  @Test
  void onlyMadeUpFunctionsOfASeriesHostNeedNoBusMaster() {
    Operation read =
        Operation.newBuilder()
            .setHwDmaRead(HwDmaReadRequest.newBuilder().setDevice("0000:00:02.0").setLength(4))
            .build();
    Host modelled = new Host(host(DeviceSpec.newBuilder().setModel("edu")), EDU);
    assertThat(modelled.apply(read).getHwDmaRead().getFault().getReason())
        .isEqualTo("not_bus_master");
    Host madeUp = new Host(host(DeviceSpec.newBuilder()));
    assertThat(madeUp.apply(read).getHwDmaRead().getFault().getReason())
        .isEqualTo("not_bus_master");
    HostSpec.Builder series =
        host(DeviceSpec.newBuilder()).toBuilder()
            .setKernel(KernelSpec.newBuilder().setUapi("vsva-v7"));
    assertThat(new Host(series.build()).apply(read).getHwDmaRead().getFault().getReason())
        .isEqualTo("not_present");
  }

  @Test
  void dataThatIsNoFunctionIsRefused() {
    assertThatThrownBy(
            () -> new DeviceModel("m", ByteString.copyFrom(new byte[100]), List.of(), List.of()))
        .hasMessageContaining("256 or 4096");
    assertThatThrownBy(
            () ->
                new DeviceModel(
                    "m", ByteString.copyFrom(new byte[256]), List.of(new Bar(0, 3, 0)), List.of()))
        .hasMessageContaining("power of two");
    ConfigSpace config = new ConfigSpace(256);
    config.set(PciRegs.PCI_STATUS, 2, PciRegs.PCI_STATUS_CAP_LIST);
    config.set(PciRegs.PCI_CAPABILITY_LIST, 1, 0xfc);
    config.set(0xfc, 1, PciRegs.PCI_CAP_ID_EXP);
    byte[] bytes = new byte[256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) config.byteAt(i);
    }
    assertThatThrownBy(() -> new DeviceModel("m", ByteString.copyFrom(bytes), List.of(), List.of()))
        .hasMessageContaining("leaves the configuration space");
  }

  @Test
  void extendedCapabilitiesMustHaveTheirPlace() {
    for (int at : new int[] {0x104, 0, 0x1000, -4}) {
      ExtendedCapabilitySpec first = ExtendedCapabilitySpec.newBuilder().setId(1).setAt(at).build();
      assertThatThrownBy(
              () -> new Host(host(DeviceSpec.newBuilder().addExtCaps(first)), DeviceModels.NONE))
          .isInstanceOf(Refused.class)
          .hasMessageContaining("0x100");
    }
  }

  @Test
  void eduInvertsCountsAndRaises() {
    HostConfiguration configuration =
        HostConfiguration.of(host(DeviceSpec.newBuilder().setModel("edu")));
    PhysicalMemory memory = new PhysicalMemory();
    PciFunction edu =
        new PciBus(configuration, EDU, memory, new Iommu(configuration, memory).unit())
            .functions()
            .getFirst();
    BarSpace bars = edu.bars();
    assertThat(bars.read(0, 0, 4)).isEqualTo(0x010000ed);
    bars.write(0, 4, 4, 0x44332211);
    assertThat(bars.read(0, 4, 4)).isEqualTo(~0x44332211);
    bars.write(0, 8, 4, 10);
    assertThat(bars.read(0, 8, 4)).isEqualTo(3628800);
    bars.write(0, 8, 4, -1);
    assertThat(bars.read(0, 8, 4)).isZero();
    bars.write(0, 0x60, 4, 6);
    assertThat(bars.read(0, 0x24, 4)).isEqualTo(6);
    bars.write(0, 0x64, 4, 2);
    assertThat(bars.read(0, 0x24, 4)).isEqualTo(4);
    assertThat(bars.read(0, 0, 1)).isZero();
    edu.reset();
    assertThat(bars.read(0, 4, 4)).isZero();
  }
}
