package io.virtrig.cli;

import com.google.gson.JsonObject;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.client.json.UapiJson;
import io.virtrig.v1.HostSpec;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code virtrig host create}. */
@Command(
    name = "create",
    mixinStandardHelpOptions = true,
    description = "Make a host, or several, and print their ids.")
final class HostCreateCommand implements Callable<Integer> {

  @Mixin private final Connection connection = new Connection();
  @Mixin private final OutputFormat output = new OutputFormat();
  @Mixin private final Lease lease = new Lease();

  @Option(
      names = "--id",
      paramLabel = "ID",
      description =
          "The new host's id; with --count, what comes before -1, -2 and so on. Default: the daemon chooses.")
  private String id = "";

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "How many, 1 to "
              + VirtrigClient.MOST_HOSTS_TOGETHER
              + ": all are made, or none. Default: ${DEFAULT-VALUE}.")
  private int count;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "SPEC.json",
      description =
          "What to simulate, as the `host` of a conformance case. Default: a plain x86_64 host.")
  private @Nullable Path file;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (count < 1 || count > VirtrigClient.MOST_HOSTS_TOGETHER) {
      throw new ParameterException(
          Out.command(spec),
          "--count: " + count + " is not from 1 to " + VirtrigClient.MOST_HOSTS_TOGETHER);
    }
    JsonObject json = specification();
    try (VirtrigClient client = connection.open()) {
      HostSpec machine = UapiJson.hostSpec(json);
      List<VirtrigHost> hosts =
          count == 1
              ? List.of(create(client, machine))
              : client.createHosts(id, count, machine, lease.length());
      PrintWriter out = Out.of(spec);
      for (VirtrigHost host : hosts) {
        out.println(output.isJson() ? JsonText.pretty(UapiJson.toJson(host.get())) : host.id());
      }
    }
    return ExitCode.OK;
  }

  private VirtrigHost create(VirtrigClient client, HostSpec machine) {
    Duration length = lease.length();
    return length == null ? client.createHost(id, machine) : client.createHost(id, machine, length);
  }

  private JsonObject specification() throws IOException {
    if (file == null) {
      return new JsonObject();
    }
    return JsonText.object(Out.command(spec), file.toString(), Files.readString(file));
  }
}
