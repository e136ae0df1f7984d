package io.virtrig.cli;

import io.virtrig.client.VirtrigClient;
import io.virtrig.graph.DotPicture;
import io.virtrig.graph.HostGraph;
import io.virtrig.graph.SvgPicture;
import io.virtrig.graph.TextPicture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code virtrig host graph}. */
@Command(
    name = "graph",
    mixinStandardHelpOptions = true,
    description = "Draw a host: who is connected to whom.")
final class HostGraphCommand implements Callable<Integer> {

  /** The notations there are. */
  enum Notation {
    /** A drawing. */
    svg,
    /** The language of Graphviz. */
    dot,
    /** A tree for a terminal. */
    text
  }

  @Mixin private final Connection connection = new Connection();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "NOTATION",
      defaultValue = "text",
      description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private Notation notation = Notation.text;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "Where to write it. Default: standard output.")
  private @Nullable Path file;

  @Parameters(paramLabel = "HOST", description = "The host's id.")
  private String id = "";

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    String picture = draw();
    if (file == null) {
      Out.of(spec).print(picture);
      Out.of(spec).flush();
    } else {
      Files.writeString(file, picture);
    }
    return ExitCode.OK;
  }

  private String draw() {
    try (VirtrigClient client = connection.open()) {
      HostGraph graph = HostGraph.of(client.host(id).describe());
      return switch (notation) {
        case svg -> SvgPicture.draw(graph);
        case dot -> DotPicture.draw(graph);
        case text -> TextPicture.draw(graph);
      };
    }
  }
}
