package io.virtrig.cli;

import io.virtrig.client.VirtrigAdmin;
import io.virtrig.v1.TenantHost;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code virtrig admin hosts}. */
@Command(
    name = "hosts",
    mixinStandardHelpOptions = true,
    description = "The hosts of a tenant, and what each takes of its quotas.")
final class AdminHostsCommand implements Callable<Integer> {

  @Mixin private final AdminConnection connection = new AdminConnection();
  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "TENANT", description = "The tenant's name.")
  private String tenant = "";

  @Override
  public Integer call() {
    Table table = new Table("ID", "OPERATIONS", "DEVICES", "GUEST BYTES", "MAPPINGS", "EVENTFDS");
    try (VirtrigAdmin admin = connection.open()) {
      for (TenantHost host : admin.hosts(tenant)) {
        table.row(
            host.getName().replaceFirst("^hosts/", ""),
            Long.toUnsignedString(host.getOperations()),
            Long.toUnsignedString(host.getDevices()),
            Long.toUnsignedString(host.getGuestBytes()),
            Long.toUnsignedString(host.getMappings()),
            Long.toUnsignedString(host.getEventfds()));
      }
    }
    Out.of(spec).print(table);
    return ExitCode.OK;
  }
}
