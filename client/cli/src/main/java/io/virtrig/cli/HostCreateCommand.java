package io.virtrig.cli;

import com.google.gson.JsonObject;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.client.json.UapiJson;
import io.virtrig.v1.HostSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code virtrig host create}. */
@Command(
    name = "create",
    mixinStandardHelpOptions = true,
    description = "Make a host and print its id.")
final class HostCreateCommand implements Callable<Integer> {

  @Mixin private final Connection connection = new Connection();
  @Mixin private final OutputFormat output = new OutputFormat();
  @Mixin private final Lease lease = new Lease();

  @Option(
      names = "--id",
      paramLabel = "ID",
      description = "The new host's id. Default: the daemon chooses.")
  private String id = "";

  @Option(
      names = {"-f", "--file"},
      paramLabel = "SPEC.json",
      description =
          "What to simulate, as the `host` of a conformance case. Default: a plain x86_64 host.")
  private @Nullable Path file;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    JsonObject json = specification();
    try (VirtrigClient client = connection.open()) {
      Duration length = lease.length();
      HostSpec machine = UapiJson.hostSpec(json);
      VirtrigHost host =
          length == null ? client.createHost(id, machine) : client.createHost(id, machine, length);
      Out.of(spec)
          .println(output.isJson() ? JsonText.pretty(UapiJson.toJson(host.get())) : host.id());
    }
    return ExitCode.OK;
  }

  private JsonObject specification() throws IOException {
    if (file == null) {
      return new JsonObject();
    }
    return JsonText.object(Out.command(spec), file.toString(), Files.readString(file));
  }
}
