package io.virtrig.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.client.VirtrigClient;
import io.virtrig.daemon.Daemon;
import io.virtrig.daemon.config.Configuration;
import io.virtrig.v1.Host;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Leases, from the command line to a real daemon and back. */
class ServedLeaseTest {
  private Daemon daemon;
  private String target;

  @BeforeEach
  void start() throws IOException {
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    daemon =
        Daemon.start(
            new Configuration(
                anyPort, null, null, 10, 4 << 20, Duration.ofSeconds(1), List.of(), false));
    target = "127.0.0.1:" + daemon.grpcAddress().getPort();
  }

  @AfterEach
  void stop() {
    daemon.close();
  }

  @Test
  void hostsAreMadeWithLeasesWhichAreRenewed() {
    assertThat(virtrig("host", "create", "--id", "a", "--lease", "10m")).isEqualTo(ExitCode.OK);
    assertThat(get("a").getLease().getSeconds()).isEqualTo(600);
    assertThat(virtrig("host", "clone", "a", "--id", "b", "--lease", "2h")).isEqualTo(ExitCode.OK);
    assertThat(get("b").getLease().getSeconds()).isEqualTo(7200);
    assertThat(virtrig("host", "clone", "a", "--id", "c")).isEqualTo(ExitCode.OK);
    assertThat(virtrig("host", "renew", "a", "c", "--lease", "1d")).isEqualTo(ExitCode.OK);
    assertThat(get("a").getLease().getSeconds()).isEqualTo(86_400);
    assertThat(virtrig("host", "renew", "c")).isEqualTo(ExitCode.OK);
    assertThat(get("c").getLease().getSeconds()).isEqualTo(86_400);
    assertThat(virtrig("host", "create", "--id", "d")).isEqualTo(ExitCode.OK);
    assertThat(get("d").hasLease()).isFalse();
    assertThat(virtrig("host", "renew", "d")).isEqualTo(ExitCode.FAILURE);
    assertThat(virtrig("host", "renew", "e")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(virtrig("host", "create", "--lease", "soon")).isEqualTo(ExitCode.USAGE);
    assertThat(virtrig("host", "create", "--lease", "PT10M")).isEqualTo(ExitCode.USAGE);
  }

  private Host get(String id) {
    try (VirtrigClient client = VirtrigClient.connect(target)) {
      return client.host(id).get();
    }
  }

  private int virtrig(String... arguments) {
    CommandLine commandLine = Virtrig.commandLine();
    commandLine.setExecutionExceptionHandler(new FailureHandler());
    commandLine.setOut(new PrintWriter(new StringWriter(), true));
    commandLine.setErr(new PrintWriter(new StringWriter(), true));
    String[] all = Arrays.copyOf(arguments, arguments.length + 2);
    all[arguments.length] = "--target";
    all[arguments.length + 1] = target;
    return commandLine.execute(all);
  }
}
