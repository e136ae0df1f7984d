package io.virtrig.daemon.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtrig.daemon.config.BadConfiguration;
import io.virtrig.emulator.Host;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.hardware.pci.DeviceModels;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceModelFilesTest {
  @TempDir Path folder;

  private static HostSpec host(String model) {
    return HostSpec.newBuilder()
        .addDevices(DeviceSpec.newBuilder().setBdf("0000:00:02.0").setModel(model))
        .build();
  }

  @Test
  void everyModelOfTheConformanceCasesIsBuiltIn() throws IOException {
    DeviceModels models = DeviceModelFiles.builtIn();
    for (String name :
        List.of("edu", "rtl8139", "pci-testdev", "virtio-rng", "e1000e", "nvme", "virtio-net")) {
      assertThat(new Host(host(name), models).spec().getDevices(0).getModel()).isEqualTo(name);
    }
  }

  @Test
  void anUnknownModelIsRefusedWithTheNamesThatAreKnown() throws IOException {
    DeviceModels models = DeviceModelFiles.builtIn();
    assertThatThrownBy(() -> new Host(host("e1000"), models))
        .isInstanceOf(Refused.class)
        .hasMessageContaining("e1000e");
  }

  @Test
  void aFileAddsModels() throws IOException {
    Path file = folder.resolve("mine.json");
    Files.writeString(
        file,
        "{\"mine\": {\"size\": 256, \"config\": \"34121111\","
            + " \"bars\": [{\"index\": 0, \"size\": 4096, \"flags\": \"0x200\"}]}}");
    DeviceModels models = DeviceModelFiles.withFiles(List.of(file));
    assertThat(new Host(host("mine"), models).spec().getDevicesCount()).isEqualTo(1);
  }

  @Test
  void aFileThatHoldsNoModelsIsNamed() throws IOException {
    Path file = folder.resolve("broken.json");
    Files.writeString(file, "{\"mine\": {\"config\": \"3412\"}}");
    assertThatThrownBy(() -> DeviceModelFiles.withFiles(List.of(file)))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("broken.json")
        .hasMessageContaining("256 or 4096");
  }
}
