package io.virtrig.cli;

import io.virtrig.cli.trace.TraceCase;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.client.json.TraceText;
import io.virtrig.v1.TracedCall;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code virtrig trace}. */
@Command(
    name = "trace",
    mixinStandardHelpOptions = true,
    description = {
      "What the modelled VMMs of a host asked of its kernel, as strace shows it: process, call,",
      "result. A host keeps the latest 4096 calls.",
    })
final class TraceCommand implements Callable<Integer> {

  @Mixin private final Connection connection = new Connection();

  @Parameters(paramLabel = "HOST", description = "The host's id.")
  private String id = "";

  @Option(
      names = "--after",
      paramLabel = "N",
      description = "Only calls with a sequence number above this.")
  private long after;

  @Option(
      names = "--as-case",
      paramLabel = "ID",
      description = "Print the calls as a conformance case of that id, for a host with one VMM.")
  private @Nullable String caseId;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    try (VirtrigClient client = connection.open()) {
      VirtrigHost host = client.host(id);
      List<TracedCall> calls = host.calls(after);
      PrintWriter out = Out.of(spec);
      if (caseId != null) {
        out.println(TraceCase.of(caseId, host.get().getSpec(), calls));
      } else {
        calls.forEach(call -> out.println(call.getSequence() + "  " + TraceText.line(call)));
      }
    }
    return ExitCode.OK;
  }
}
