package io.virtrig.cli;

import io.virtrig.client.VirtrigClient;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code virtrig host delete}. */
@Command(
    name = "delete",
    aliases = "rm",
    mixinStandardHelpOptions = true,
    description = "End hosts, all of them or, when one is not there, none.")
final class HostDeleteCommand implements Callable<Integer> {

  @Mixin private final Connection connection = new Connection();

  @Parameters(paramLabel = "HOST", arity = "1..*", description = "The hosts' ids.")
  private List<String> ids = List.of();

  @Override
  public Integer call() {
    try (VirtrigClient client = connection.open()) {
      if (ids.size() == 1) {
        client.host(ids.getFirst()).delete();
      } else {
        client.deleteHosts(ids.stream().map(client::host).toList());
      }
    }
    return ExitCode.OK;
  }
}
