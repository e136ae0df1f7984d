package io.virtrig.cli;

import io.virtrig.client.VirtrigClient;
import java.time.Duration;
import picocli.CommandLine.Option;

/** The options that say where the daemon is. */
final class Connection {

  @Option(
      names = "--target",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:VIRTRIG_TARGET:-127.0.0.1:7473}",
      description = "The daemon. Default: $VIRTRIG_TARGET, or 127.0.0.1:7473.")
  private String target = "";

  @Option(
      names = "--deadline",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "How long a call may take. Default: ${DEFAULT-VALUE}.")
  private int deadline;

  VirtrigClient open() {
    return VirtrigClient.connect(target, Duration.ofSeconds(deadline));
  }
}
