package io.virtrig.cli;

import io.virtrig.client.Credentials;
import io.virtrig.client.VirtrigAdmin;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Options of every command that talks to a daemon as an administrator. */
final class AdminConnection {

  @Option(
      names = "--admin",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:VIRTRIG_ADMIN_TARGET:-127.0.0.1:7474}",
      description =
          "Where administrators call. Default: $VIRTRIG_ADMIN_TARGET, or 127.0.0.1:7474. The token"
              + " is in $VIRTRIG_TOKEN, or in the file that $VIRTRIG_TOKEN_FILE names.")
  private String target = "";

  @Option(
      names = "--deadline",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "How long a call may take. Default: ${DEFAULT-VALUE}.")
  private int deadline;

  VirtrigAdmin open() {
    return VirtrigAdmin.connect(
        target, Credentials.fromEnvironment(), Duration.ofSeconds(deadline));
  }
}
