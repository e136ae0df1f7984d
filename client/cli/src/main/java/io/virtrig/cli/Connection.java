package io.virtrig.cli;

import io.virtrig.client.VirtrigClient;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say where the daemon is. */
final class Connection {

  @Option(
      names = "--target",
      paramLabel = "HOST:PORT",
      description =
          "The daemon. Default: $$VIRTRIG_TARGET, that of the context, or the command's own where it"
              + " starts one, 127.0.0.1:7473 elsewhere.")
  private @Nullable String target;

  @Option(
      names = "--context",
      paramLabel = "NAME",
      description =
          "A daemon that `virtrig context list` knows. Default: $$VIRTRIG_CONTEXT, or the one in"
              + " use.")
  private @Nullable String context;

  @Option(
      names = "--deadline",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "How long a call may take. Default: ${DEFAULT-VALUE}.")
  private int deadline;

  VirtrigClient open() {
    return open(endpoint());
  }

  VirtrigClient open(Endpoint endpoint) {
    return VirtrigClient.connect(
        endpoint.target(), endpoint.credentials(), Duration.ofSeconds(deadline));
  }

  /** Where it is and what it is shown. */
  Endpoint endpoint() {
    return Endpoint.find(target, context, System.getenv());
  }

  /** The same, if anything names one: a flag, the environment, a context in use. */
  Optional<Endpoint> named() {
    return Endpoint.named(target, context, System.getenv());
  }

  /** Whether a flag does. */
  boolean isNamed() {
    return target != null || context != null;
  }
}
