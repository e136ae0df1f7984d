package io.virtrig.cli.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.gson.JsonParser;
import io.virtrig.client.json.UapiJson;
import io.virtrig.daemon.models.DeviceModelFiles;
import io.virtrig.emulator.Host;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.ExtendedCapabilitySpec;
import io.virtrig.v1.HostSpec;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class HostCaptureTest {

  /** MGAW 48, SAGAW of three and four levels, posted interrupts. */
  private static final String CAP = "8d2078c106f0466";

  /** Interrupt remapping, nesting, PASIDs of 20 bits. */
  private static final String ECAP = "19804000008";

  private static final int ROOT_PORT = 0x060400;
  private static final int ETHERNET = 0x020000;
  private static final int NVME = 0x010802;

  @TempDir private Path folder = Path.of("");

  private record Captured(int exit, String out, String err) {
    HostSpec spec() {
      return UapiJson.hostSpec(JsonParser.parseString(out).getAsJsonObject());
    }
  }

  private Captured capture(String... arguments) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("--root", folder.toString()));
    all.addAll(List.of(arguments));
    return run(all);
  }

  private Captured run(List<String> arguments) throws IOException, InterruptedException {
    Path err = Files.createTempFile(folder, "stderr", "");
    Process script = CaptureScript.command(arguments).redirectError(err.toFile()).start();
    String out = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Captured(script.waitFor(), out, Files.readString(err));
  }

  /** A server with a root port, two NICs in one group, one with SR-IOV, PASID, ATS; and an NVMe. */
  private void server(int visible) throws IOException {
    SysfsTree tree = new SysfsTree(folder).arch("x86_64").cpu("GenuineIntel");
    tree.vtd("dmar0", CAP, ECAP).vtd("dmar1", CAP, ECAP);
    tree.function("0000:00:01.0", 0x8086, 0x352a, ROOT_PORT)
        .set8(0x0e, 0x01)
        .set8(0x3d, 1)
        .group(3)
        .driver("pcieport")
        .done(visible);
    tree.function("0000:3b:00.0", 0x8086, 0x1592, ETHERNET)
        .set16(4, 0x0406)
        .set8(0x0e, 0x80)
        .set8(0x34, 0x50)
        .set8(0x3d, 1)
        .capability(0x50, 0x05, 0x70)
        .set16(0x52, 0x0187)
        .capability(0x70, 0x11, 0)
        .set16(0x72, 0x81ff)
        .extended(0x100, 0x01, 0x148)
        .extended(0x148, 0x10, 0x1b8)
        .extended(0x1b8, 0x0f, 0x1c8)
        .set16(0x1be, 0x8000)
        .extended(0x1c8, 0x13, 0x1e0)
        .extended(0x1e0, 0x1b, 0)
        .set16(0x1e4, 0x1406)
        .set16(0x1e6, 0x0001)
        .resource("0x0000383ffe000000", "0x0000383fffffffff", "0x000000000014220c")
        .resource("0x0000000000000000", "0x0000000000000000", "0x0000000000000000")
        .resource("0x0000000000000000", "0x0000000000000000", "0x0000000000000000")
        .resource("0x00000000fe000000", "0x00000000fe00ffff", "0x0000000000040200")
        .group(17)
        .driver("vfio-pci")
        .done(visible);
    tree.function("0000:3b:00.1", 0x8086, 0x1592, ETHERNET)
        .set8(0x3d, 2)
        .group(17)
        .done(Math.min(visible, 256));
    tree.function("0000:5e:00.0", 0x144d, 0xa824, NVME)
        .set8(0x34, 0x40)
        .capability(0x40, 0x11, 0)
        .set16(0x42, 0x0040)
        .group(18)
        .driver("nvme")
        .done(visible);
  }

  @Test
  void aServerWithVtd() throws Exception {
    server(4096);
    Captured captured = capture();
    assertThat(captured.exit()).isZero();
    assertThat(captured.err()).isEmpty();
    HostSpec spec = captured.spec();
    assertThat(spec.getArch()).isEqualTo("x86_64");
    assertThat(spec.getCpu()).isEqualTo("intel");
    assertThat(spec.getIommu().getModel()).isEqualTo("intel-vtd");
    assertThat(spec.getIommu().getAddressWidth()).isEqualTo(48);
    assertThat(spec.getIommu().getCapReg()).isEqualTo(Long.parseUnsignedLong(CAP, 16));
    assertThat(spec.getIommu().getEcapReg()).isEqualTo(Long.parseUnsignedLong(ECAP, 16));
    assertThat(spec.getIommu().getInterruptRemapping()).isTrue();
    assertThat(spec.getIommu().getPostedInterrupts()).isTrue();
    assertThat(spec.getIommu().getNesting()).isTrue();
    assertThat(spec.getIommu().getPasidBits()).isEqualTo(20);
    assertThat(spec.getDevicesList())
        .extracting(DeviceSpec::getName, DeviceSpec::getGroup, DeviceSpec::getDriver)
        .containsExactly(
            tuple("bridge0", 3, "none"),
            tuple("nic0", 17, "vfio-pci"),
            tuple("nic1", 17, "none"),
            tuple("nvme0", 18, "host"));
    assertThat(new Host(spec).spec().getDevicesCount()).isEqualTo(4);
  }

  @Test
  void capabilitiesAreDecoded() throws Exception {
    server(4096);
    HostSpec spec = capture().spec();
    DeviceSpec nic = spec.getDevices(1);
    assertThat(nic.getIntx()).isTrue();
    assertThat(nic.getMsi()).isEqualTo(8);
    assertThat(nic.getMsix()).isEqualTo(512);
    assertThat(nic.getPasid()).isTrue();
    assertThat(nic.getPasidBits()).isEqualTo(20);
    assertThat(nic.getPasidExec()).isTrue();
    assertThat(nic.getPasidPriv()).isTrue();
    assertThat(nic.getAts()).isTrue();
    assertThat(nic.getPri()).isTrue();
    assertThat(nic.getExtCapsList())
        .extracting(ExtendedCapabilitySpec::getId)
        .containsExactly(0x01, 0x10, 0x0f, 0x13, 0x1b);
    assertThat(nic.getExtCaps(4).getAt()).isEqualTo(0x1e0);
    assertThat(spec.getDevices(3).getMsix()).isEqualTo(65);
    assertThat(spec.getDevices(3).getIntx()).isFalse();
    assertThat(spec.getDevices(3).getExtCapsList()).isEmpty();
  }

  @Test
  void modelsAreWhatTheDaemonReads() throws Exception {
    server(4096);
    Path models = folder.resolve("models.json");
    HostSpec spec = capture("--models", models.toString()).spec();
    DeviceSpec nic = spec.getDevices(1);
    assertThat(nic.getModel()).isEqualTo("nic0-8086-1592");
    assertThat(spec.getDevices(0).getModel()).isEmpty();
    assertThat(new Host(spec, DeviceModelFiles.withFiles(List.of(models))).spec().getDevicesCount())
        .isEqualTo(4);
    String json = Files.readString(models);
    assertThat(json)
        .contains("{\"index\": 0, \"size\": 33554432, \"flags\": \"0x14220c\"}")
        .contains("{\"index\": 3, \"size\": 65536, \"flags\": \"0x40200\"}");
    String config =
        JsonParser.parseString(json)
            .getAsJsonObject()
            .getAsJsonObject("nic0-8086-1592")
            .get("config")
            .getAsString();
    assertThat(config).hasSize(2 * 4096).startsWith("86809215" + "0200" + "1000");
    assertThat(config.substring(2 * 0x52, 2 * 0x54)).as("MSI is off").isEqualTo("8601");
    assertThat(config.substring(2 * 0x72, 2 * 0x74)).as("MSI-X is off").isEqualTo("ff01");
    assertThat(config.substring(2 * 0x1be, 2 * 0x1c0)).as("ATS is off").isEqualTo("0000");
    assertThat(config.substring(2 * 0x1e6, 2 * 0x1e8)).as("PASIDs are off").isEqualTo("0000");
  }

  @Test
  void withoutRootItSaysWhatItCannotSee() throws Exception {
    server(64);
    Captured captured = capture();
    assertThat(captured.exit()).isZero();
    assertThat(captured.err()).contains("4 devices").contains("run it as root");
    assertThat(captured.spec().getDevices(1).getMsix()).isZero();
    assertThat(captured.spec().getDevices(1).getIntx()).isTrue();
  }

  @Test
  void theWeakestOfSeveralIommusCounts() throws Exception {
    SysfsTree tree = new SysfsTree(folder).arch("x86_64").cpu("GenuineIntel");
    // Three levels, no interrupt remapping, no nesting.
    tree.vtd("dmar0", CAP, ECAP).vtd("dmar1", "1c0000c40660462", "f050da").smmu("iommu9");
    Captured captured = capture();
    assertThat(captured.err()).contains("the IOMMUs differ").contains("iommu9");
    assertThat(captured.spec().getIommu().getAddressWidth()).isEqualTo(39);
    assertThat(captured.spec().getIommu().getNesting()).isFalse();
    assertThat(captured.spec().getIommu().getPostedInterrupts()).isFalse();
  }

  @Test
  void amdVi() throws Exception {
    SysfsTree tree = new SysfsTree(folder).arch("x86_64").cpu("AuthenticAMD");
    tree.amdVi("ivhd0", "246577efa2254afa:10")
        .function("0000:01:00.0", 0x1022, 0x1, ETHERNET)
        .group(1)
        .done(256);
    Captured captured = capture();
    HostSpec spec = captured.spec();
    assertThat(spec.getIommu().getAddressWidth()).isEqualTo(64);
    assertThat(spec.getCpu()).isEqualTo("amd");
    assertThat(spec.getIommu().getModel()).isEqualTo("amd-vi");
    assertThat(spec.getIommu().getInterruptRemapping()).isTrue();
    assertThat(spec.getIommu().getPostedInterrupts()).isTrue();
    assertThat(new Host(spec).spec().getDevicesCount()).isEqualTo(1);
  }

  @Test
  void smmuV3() throws Exception {
    new SysfsTree(folder).arch("aarch64").smmu("smmu3.0x0000000050000000");
    HostSpec spec = capture().spec();
    assertThat(spec.getCpu()).isEmpty();
    assertThat(spec.getIommu().getModel()).isEqualTo("arm-smmu-v3");
    assertThat(new Host(spec).spec().getArch()).isEqualTo("aarch64");
  }

  @Test
  void withoutAnIommuDevicesHaveNoGroup() throws Exception {
    SysfsTree tree = new SysfsTree(folder).arch("x86_64").cpu("SomebodyElse");
    tree.function("0000:00:02.0", 0x1234, 0x11e8, 0x00ff00).done(256);
    tree.function("10000:e1:00.0", 0x1234, 0x11e8, 0x00ff00).done(256);
    Captured captured = capture();
    assertThat(captured.err()).contains("SomebodyElse").contains("10000:e1:00.0");
    HostSpec spec = captured.spec();
    assertThat(spec.getIommu().getModel()).isEqualTo("none");
    assertThat(spec.getDevicesList()).hasSize(1);
    assertThat(spec.getDevices(0).hasGroup()).isFalse();
    assertThat(new Host(spec).spec().getDevicesCount()).isEqualTo(1);
  }

  @Test
  void capabilitiesThatGoRoundEnd() throws Exception {
    SysfsTree tree = new SysfsTree(folder).arch("x86_64").cpu("GenuineIntel");
    tree.function("0000:00:02.0", 0x1234, 0x11e8, 0x00ff00)
        .set8(0x34, 0x40)
        .capability(0x40, 0x09, 0x40)
        .extended(0x100, 0x0b, 0x100)
        .done(4096);
    assertThat(capture().exit()).isZero();
  }

  /**
   * A real tree: six virtio functions behind one host bridge, MSI-X by the size of their tables.
   */
  @Test
  void aRecordedMachine() throws Exception {
    try (BufferedReader recording =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(getClass().getResourceAsStream("recorded-vm.sysfs")),
                StandardCharsets.UTF_8))) {
      for (String line : recording.lines().filter(each -> !each.startsWith("#")).toList()) {
        replay(List.of(line.split(" ", -1)));
      }
    }
    HostSpec spec = capture().spec();
    assertThat(spec.getCpu()).isEqualTo("amd");
    assertThat(spec.getIommu().getModel()).isEqualTo("none");
    assertThat(spec.getDevicesList())
        .extracting(DeviceSpec::getBdf, DeviceSpec::getDriver, DeviceSpec::getMsix)
        .containsExactly(
            tuple("0000:00:00.0", "none", 0),
            tuple("0000:00:01.0", "host", 5),
            tuple("0000:00:02.0", "host", 2),
            tuple("0000:00:03.0", "host", 3),
            tuple("0000:00:04.0", "host", 4),
            tuple("0000:00:05.0", "host", 2));
    assertThat(new Host(spec).spec().getDevicesCount()).isEqualTo(6);
  }

  private void replay(List<String> entry) throws IOException {
    Path path = folder.resolve(entry.get(1));
    Files.createDirectories(path.getParent());
    if (entry.get(0).equals("link")) {
      Files.createSymbolicLink(path, Path.of(entry.get(2)));
    } else {
      byte[] content = HexFormat.of().parseHex(entry.get(3));
      Files.write(path, Arrays.copyOf(content, Integer.parseInt(entry.get(2))));
    }
  }

  @Test
  void theMachineAtHand() throws Exception {
    Captured captured = run(List.of());
    assertThat(captured.exit()).as(captured.err()).isZero();
    assertThat(new Host(captured.spec()).spec().getArch()).isNotEmpty();
  }

  @Test
  void theCommandRunsTheScript() throws Exception {
    server(4096);
    Path output = folder.resolve("spec.json");
    int exit =
        new CommandLine(new HostCaptureCommand())
            .execute("--root", folder.toString(), "--output", output.toString());
    assertThat(exit).isZero();
    assertThat(Files.readString(output)).isEqualTo(capture().out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"--bogus", "--output"})
  void aWrongCommandLineExitsWith2(String argument) throws Exception {
    Captured captured = run(List.of(argument));
    assertThat(captured.exit()).isEqualTo(2);
    assertThat(captured.err()).contains("usage:");
  }

  @Test
  void aRootWithoutSysIsSaid() throws Exception {
    Captured captured = capture();
    assertThat(captured.exit()).isEqualTo(1);
    assertThat(captured.err()).contains("there is no");
  }
}
