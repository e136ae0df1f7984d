package io.virtrig.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.v1.ExitRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.ProcessRequest;
import java.io.BufferedReader;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.io.PrintWriter;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

/** {@code virtrig events --follow} against a real daemon. */
class ServedEventsTest {

  @Test
  @Timeout(60)
  void eventsAreFollowedUntilTheHostIsDeleted() throws Exception {
    try (LocalDaemon daemon = LocalDaemon.start()) {
      String target = daemon.target();
      try (VirtrigClient client = daemon.connect()) {
        VirtrigHost host = client.createHost("rig", HostSpec.getDefaultInstance());
        exit(host, 2);
        PipedReader out = new PipedReader();
        CommandLine command = Virtrig.commandLine();
        command.setOut(new PrintWriter(new PipedWriter(out), true));
        CompletableFuture<Integer> followed =
            CompletableFuture.supplyAsync(
                () -> command.execute("events", "rig", "--follow", "--target", target));
        BufferedReader lines = new BufferedReader(out);
        assertThat(lines.readLine()).startsWith("1  ").contains("process_exit", "pid 2");
        exit(host, 3);
        assertThat(lines.readLine()).startsWith("2  ").contains("process_exit", "pid 3");
        host.delete();
        assertThat(lines.readLine()).startsWith("3  ").contains("process_exit", "pid 1");
        assertThat(followed.get(30, TimeUnit.SECONDS)).isZero();
      }
    }
  }

  private static void exit(VirtrigHost host, int pid) {
    host.call(Operation.newBuilder().setProcess(ProcessRequest.getDefaultInstance()).build());
    host.call(Operation.newBuilder().setExit(ExitRequest.newBuilder().setPid(pid)).build());
  }
}
