package io.virtrig.cli;

import io.virtrig.client.VirtrigAdmin;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code virtrig admin delete-host}. */
@Command(
    name = "delete-host",
    mixinStandardHelpOptions = true,
    description = "End a host of a tenant.")
final class AdminDeleteHostCommand implements Callable<Integer> {

  @Mixin private final AdminConnection connection = new AdminConnection();

  @Parameters(index = "0", paramLabel = "TENANT", description = "The tenant's name.")
  private String tenant = "";

  @Parameters(index = "1", paramLabel = "HOST", description = "The host's id.")
  private String host = "";

  @Override
  public Integer call() {
    try (VirtrigAdmin admin = connection.open()) {
      admin.deleteHost(tenant, host);
    }
    return ExitCode.OK;
  }
}
