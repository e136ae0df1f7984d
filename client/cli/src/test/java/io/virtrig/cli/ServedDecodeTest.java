package io.virtrig.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Descriptors, from the command line to a real daemon and back. */
class ServedDecodeTest {
  private static final String RESERVED = "01000000000000000000000000000000";
  private static final String WAIT = "35000000000000000000000000000000";

  @AutoClose private final LocalDaemon daemon;

  ServedDecodeTest() throws IOException {
    daemon = LocalDaemon.start();
  }

  @Test
  void eachDescriptorIsExplainedInItsTurn() {
    CommandRun run = decode(WAIT, RESERVED, WAIT);
    assertThat(run.exit()).isEqualTo(ExitCode.OK);
    assertThat(run.out().lines())
        .satisfiesExactly(
            line -> assertThat(line).contains("store 0x0 at 0x0"),
            line -> assertThat(line).contains("reserved field"),
            line -> assertThat(line).contains("store 0x0 at 0x0"));
  }

  @Test
  void oneThatMakesNoSenseIsNamed() {
    assertUsage(decode(WAIT, "0100"), "requests[1].width: 16 is neither 128 nor 256");
    assertUsage(decode(WAIT, "zz"), "HEX \"zz\" is not hexadecimal");
    assertUsage(decode(), "HEX");
  }

  private static void assertUsage(CommandRun run, String message) {
    assertThat(run.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains(message);
    assertThat(run.out()).isEmpty();
  }

  private CommandRun decode(String... descriptors) {
    List<String> arguments = new ArrayList<>(List.of("iommu", "decode"));
    arguments.addAll(List.of(descriptors));
    return daemon.virtrig(arguments.toArray(new String[0]));
  }
}
