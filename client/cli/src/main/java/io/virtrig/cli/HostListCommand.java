package io.virtrig.cli;

import com.google.gson.JsonArray;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.json.UapiJson;
import io.virtrig.v1.Host;
import io.virtrig.v1.HostSpec;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code virtrig host list}. */
@Command(
    name = "list",
    aliases = "ls",
    mixinStandardHelpOptions = true,
    description = "The hosts there are.")
final class HostListCommand implements Callable<Integer> {

  @Mixin private final Connection connection = new Connection();
  @Mixin private final OutputFormat output = new OutputFormat();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    try (VirtrigClient client = connection.open()) {
      List<Host> hosts = client.listHosts();
      if (output.isJson()) {
        JsonArray json = new JsonArray();
        hosts.forEach(host -> json.add(UapiJson.toJson(host)));
        Out.of(spec).println(JsonText.pretty(json));
      } else {
        Table table =
            new Table("ID", "ARCH", "UAPI", "IOMMU", "DEVICES", "OPERATIONS", "LEASE LEFT");
        hosts.forEach(host -> addRow(table, host));
        Out.of(spec).print(table);
      }
    }
    return ExitCode.OK;
  }

  private static void addRow(Table table, Host host) {
    HostSpec machine = host.getSpec();
    table.row(
        host.getName().replaceFirst("^hosts/", ""),
        machine.getArch(),
        machine.getKernel().getUapi(),
        machine.getIommu().getModel(),
        Integer.toString(machine.getDevicesCount()),
        Long.toUnsignedString(host.getOperations()),
        host.hasLease() ? host.getLeaseLeft().getSeconds() + "s" : "");
  }
}
