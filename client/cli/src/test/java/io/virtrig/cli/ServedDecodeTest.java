package io.virtrig.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.daemon.Daemon;
import io.virtrig.daemon.config.Configuration;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Descriptors, from the command line to a real daemon and back. */
class ServedDecodeTest {
  private static final String RESERVED = "01000000000000000000000000000000";
  private static final String WAIT = "35000000000000000000000000000000";

  @AutoClose private final Daemon daemon;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  ServedDecodeTest() throws IOException {
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    daemon =
        Daemon.start(
            new Configuration(
                anyPort, null, null, 10, 4 << 20, Duration.ofSeconds(1), List.of(), false));
  }

  @Test
  void eachDescriptorIsExplainedInItsTurn() {
    assertThat(decode(WAIT, RESERVED, WAIT)).isEqualTo(ExitCode.OK);
    assertThat(out.toString().lines())
        .satisfiesExactly(
            line -> assertThat(line).contains("store 0x0 at 0x0"),
            line -> assertThat(line).contains("reserved field"),
            line -> assertThat(line).contains("store 0x0 at 0x0"));
  }

  @Test
  void oneThatMakesNoSenseIsNamed() {
    assertThat(decode(WAIT, "0100")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("requests[1].width: 16 is neither 128 nor 256");
    assertThat(decode(WAIT, "zz")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("HEX \"zz\" is not hexadecimal");
    assertThat(decode()).isEqualTo(ExitCode.USAGE);
    assertThat(out.toString()).isEmpty();
  }

  private int decode(String... descriptors) {
    List<String> arguments = new ArrayList<>(List.of("iommu", "decode"));
    arguments.addAll(List.of(descriptors));
    arguments.addAll(List.of("--target", "127.0.0.1:" + daemon.grpcAddress().getPort()));
    String[] all = arguments.toArray(new String[0]);
    CommandLine commandLine = Main.commandLine(all);
    commandLine.setOut(new PrintWriter(out, true));
    commandLine.setErr(new PrintWriter(err, true));
    return commandLine.execute(all);
  }
}
