package io.virtrig.cli;

import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code virtrig host renew}. */
@Command(
    name = "renew",
    mixinStandardHelpOptions = true,
    description = "Let hosts live on whose leases would be over.")
final class HostRenewCommand implements Callable<Integer> {

  @Mixin private final Connection connection = new Connection();
  @Mixin private final Lease lease = new Lease();

  @Parameters(paramLabel = "HOST", arity = "1..*", description = "The hosts' ids.")
  private List<String> ids = List.of();

  @Override
  public Integer call() {
    Duration length = lease.length();
    try (VirtrigClient client = connection.open()) {
      for (String id : ids) {
        VirtrigHost host = client.host(id);
        var _ = length == null ? host.renewLease() : host.renewLease(length);
      }
    }
    return ExitCode.OK;
  }
}
