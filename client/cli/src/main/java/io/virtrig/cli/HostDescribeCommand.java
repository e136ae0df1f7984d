package io.virtrig.cli;

import io.virtrig.client.VirtrigClient;
import io.virtrig.client.json.UapiJson;
import io.virtrig.graph.HostGraph;
import io.virtrig.graph.TextPicture;
import io.virtrig.v1.DescribeHostResponse;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code virtrig host describe}. */
@Command(
    name = "describe",
    mixinStandardHelpOptions = true,
    description = {
      "What is inside a host: who is connected to whom, then its whole state and the state's hash.",
    })
final class HostDescribeCommand implements Callable<Integer> {

  @Mixin private final Connection connection = new Connection();
  @Mixin private final OutputFormat output = new OutputFormat();

  @Parameters(paramLabel = "HOST", description = "The host's id.")
  private String id = "";

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    try (VirtrigClient client = connection.open()) {
      DescribeHostResponse inside = client.host(id).describe();
      PrintWriter out = Out.of(spec);
      if (output.isJson()) {
        out.println(JsonText.pretty(UapiJson.toJson(inside)));
      } else {
        out.println("host        " + inside.getHost().getName());
        out.println("operations  " + Long.toUnsignedString(inside.getHost().getOperations()));
        out.println("state hash  " + inside.getStateHash());
        out.println("spec        " + UapiJson.toJson(inside.getHost().getSpec()));
        out.println();
        out.println(TextPicture.draw(HostGraph.of(inside)));
        out.print(StateTree.draw(inside.getState()));
      }
    }
    return ExitCode.OK;
  }
}
