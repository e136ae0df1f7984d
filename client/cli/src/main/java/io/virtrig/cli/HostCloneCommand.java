package io.virtrig.cli;

import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code virtrig host clone}. */
@Command(
    name = "clone",
    mixinStandardHelpOptions = true,
    description = {
      "Make a host in the state that another is in, and print its id.",
      "Processes, fds, mappings and memory are there; both go their own way from then on."
    })
final class HostCloneCommand implements Callable<Integer> {

  @Mixin private final Connection connection = new Connection();
  @Mixin private final Lease lease = new Lease();

  @Parameters(paramLabel = "HOST", description = "The id of the host to clone.")
  private String original = "";

  @Option(
      names = "--id",
      paramLabel = "ID",
      description = "The new host's id. Default: the daemon chooses.")
  private String id = "";

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    try (VirtrigClient client = connection.open()) {
      Duration length = lease.length();
      VirtrigHost host = client.host(original);
      Out.of(spec).println((length == null ? host.cloneHost(id) : host.cloneHost(id, length)).id());
    }
    return ExitCode.OK;
  }
}
