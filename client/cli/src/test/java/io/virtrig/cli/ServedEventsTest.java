package io.virtrig.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.daemon.Daemon;
import io.virtrig.daemon.config.Settings;
import io.virtrig.v1.ExitRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.ProcessRequest;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** {@code virtrig events --follow} against a real daemon. */
class ServedEventsTest {

  @Test
  void eventsAreFollowedUntilTheHostIsDeleted() throws Exception {
    String[] anyPort = {"--listen", "127.0.0.1:0", "--metrics", "off"};
    try (Daemon daemon = Daemon.start(Objects.requireNonNull(Settings.parse(anyPort, Map.of())))) {
      String target = "127.0.0.1:" + daemon.grpcAddress().getPort();
      try (VirtrigClient client = VirtrigClient.connect(target)) {
        VirtrigHost host = client.createHost("rig", HostSpec.getDefaultInstance());
        exit(host, 2);
        StringWriter out = new StringWriter();
        CommandLine command = Virtrig.commandLine();
        command.setOut(new PrintWriter(out, true));
        CompletableFuture<Integer> followed =
            CompletableFuture.supplyAsync(
                () -> command.execute("events", "rig", "--follow", "--target", target));
        exit(host, 3);
        host.delete();
        assertThat(followed.get(30, TimeUnit.SECONDS)).isZero();
        assertThat(out.toString().lines())
            .hasSize(3)
            .allMatch(line -> line.contains("process_exit"))
            .element(1)
            .asString()
            .startsWith("2  ")
            .contains("pid 3");
      }
    }
  }

  private static void exit(VirtrigHost host, int pid) {
    host.call(Operation.newBuilder().setProcess(ProcessRequest.getDefaultInstance()).build());
    host.call(Operation.newBuilder().setExit(ExitRequest.newBuilder().setPid(pid)).build());
  }
}
