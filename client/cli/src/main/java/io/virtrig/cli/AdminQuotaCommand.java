package io.virtrig.cli;

import io.virtrig.client.VirtrigAdmin;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code virtrig admin quota}. */
@Command(
    name = "quota",
    mixinStandardHelpOptions = true,
    description =
        "Change quotas of a tenant. They hold over those of the tenants file until the daemon"
            + " stops.")
final class AdminQuotaCommand implements Callable<Integer> {

  @Mixin private final AdminConnection connection = new AdminConnection();
  @Spec private @Nullable CommandSpec spec;

  @Parameters(index = "0", paramLabel = "TENANT", description = "The tenant's name.")
  private String tenant = "";

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "QUOTA=LIMIT",
      description = "The new limits: hosts=50 guest-bytes=1073741824.")
  private Map<String, Long> limits = Map.of();

  @Override
  public Integer call() {
    try (VirtrigAdmin admin = connection.open()) {
      Out.of(spec).print(AdminTenantsCommand.table(List.of(admin.setQuota(tenant, limits))));
    }
    return ExitCode.OK;
  }
}
