package io.virtrig.cli;

import com.google.gson.JsonArray;
import io.virtrig.client.VirtrigAdmin;
import io.virtrig.client.json.UapiJson;
import io.virtrig.v1.QuotaUsage;
import io.virtrig.v1.Tenant;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code virtrig admin tenants}. */
@Command(
    name = "tenants",
    mixinStandardHelpOptions = true,
    description = "The tenants, what each has, may have, and how often it was refused more.")
final class AdminTenantsCommand implements Callable<Integer> {

  @Mixin private final AdminConnection connection = new AdminConnection();
  @Mixin private final OutputFormat output = new OutputFormat();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    try (VirtrigAdmin admin = connection.open()) {
      List<Tenant> tenants = admin.tenants();
      if (output.isJson()) {
        JsonArray json = new JsonArray();
        tenants.forEach(tenant -> json.add(UapiJson.toJson(tenant)));
        Out.of(spec).println(JsonText.pretty(json));
      } else {
        Out.of(spec).print(table(tenants));
      }
    }
    return ExitCode.OK;
  }

  static Table table(List<Tenant> tenants) {
    Table table = new Table("TENANT", "QUOTA", "USAGE", "LIMIT", "REFUSED");
    for (Tenant tenant : tenants) {
      for (QuotaUsage quota : tenant.getQuotasList()) {
        table.row(
            tenant.getName(),
            quota.getQuota(),
            quota.getQuota().equals("operations-per-second") ? "" : number(quota.getUsage()),
            quota.hasLimit() ? number(quota.getLimit()) : "none",
            number(quota.getRefused()));
      }
    }
    return table;
  }

  private static String number(long value) {
    return Long.toUnsignedString(value);
  }
}
