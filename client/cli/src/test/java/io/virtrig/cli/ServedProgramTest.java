package io.virtrig.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.client.VirtrigClient;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs and clones, from the command line to a real daemon and back. */
class ServedProgramTest {
  private static final String SET_UP =
      """
      {"description": "a container with memory",
       "parameters": {"group": "/dev/vfio/7", "size": null},
       "steps": [
        {"do": "open", "arg": {"path": "/dev/vfio/vfio"}, "as": "c"},
        {"do": "open", "arg": {"path": "$group"}, "as": "g"},
        {"do": "VFIO_GROUP_SET_CONTAINER", "on": "g", "arg": {"value": "$c"}},
        {"do": "VFIO_SET_IOMMU", "on": "c", "arg": {"value": "VFIO_TYPE1v2_IOMMU"}},
        {"do": "mmap", "arg": {"length": "0x10000"}, "as": "m"},
        {"do": "VFIO_IOMMU_MAP_DMA", "on": "c",
         "arg": {"flags": ["VFIO_DMA_MAP_FLAG_READ"], "vaddr": "$m+0x1000", "iova": 0, "size": "$size"}}]}
      """;

  @TempDir private Path folder;
  @AutoClose private final LocalDaemon daemon;

  ServedProgramTest() throws IOException {
    daemon = LocalDaemon.start();
  }

  @BeforeEach
  void prepare() throws IOException {
    try (VirtrigClient client = daemon.connect()) {
      var _ =
          client.createHost(
              "rig",
              HostSpec.newBuilder()
                  .addDevices(DeviceSpec.newBuilder().setBdf("0000:00:02.0").setGroup(7))
                  .build());
    }
    Files.writeString(folder.resolve("set-up.json"), SET_UP);
  }

  private CommandRun program(String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "program";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return daemon.virtrig(all);
  }

  @Test
  void aFileOfStepsBecomesAProgramThatRuns() {
    String file = folder.resolve("set-up.json").toString();
    assertThat(program("create", "programs/set-up", "-f", file).exit()).isZero();
    assertThat(program("list").out()).contains("programs/set-up", "group,size", "a container");
    CommandRun run = program("run", "programs/set-up", "rig", "-a", "size=0x2000");
    assertThat(run.exit()).isZero();
    assertThat(run.out().lines()).hasSize(6);
    assertThat(run.out()).contains("1 open  {\"ret\":3}").contains("6 VFIO_IOMMU_MAP_DMA  {}");
    assertThat(daemon.virtrig("host", "clone", "rig", "--id", "twin").out()).isEqualTo("twin\n");
    CommandRun again = program("run", "programs/set-up", "twin", "-a", "size=1");
    assertThat(again.exit()).isEqualTo(ExitCode.ERRNO);
    assertThat(again.out()).contains("2 open  EBUSY").contains("refused: not executed: entry 1");
    CommandRun missing = program("run", "programs/set-up", "rig");
    assertThat(missing.exit()).isNotZero();
    assertThat(missing.err()).contains("\"size\" is missing");
    assertThat(program("delete", "programs/set-up").exit()).isZero();
    assertThat(program("run", "programs/set-up", "rig").exit()).isEqualTo(ExitCode.NOT_FOUND);
  }

  @Test
  void whatIsWrongWithAFileIsSaid() throws IOException {
    Path file = folder.resolve("broken.json");
    Files.writeString(file, "{\"steps\": [{\"do\": \"close\", \"on\": \"x\"}]}");
    CommandRun unknown = program("create", "programs/x", "-f", file.toString());
    assertThat(unknown.exit()).isNotZero();
    assertThat(unknown.err()).contains("nothing before it is called \"x\"");
    Files.writeString(file, "{\"steps\": {}}");
    assertThat(program("create", "programs/x", "-f", file.toString()).err()).contains("steps");
    Files.writeString(file, "{\"steps\": [{}]}");
    assertThat(program("create", "programs/x", "-f", file.toString()).err())
        .contains("a step names its operation");
  }
}
