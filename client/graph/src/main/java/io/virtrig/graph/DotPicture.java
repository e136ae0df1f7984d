package io.virtrig.graph;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The graph in the language of Graphviz. */
public final class DotPicture {

  private final HostGraph graph;
  private final Map<String, String> names = new HashMap<>();
  private final StringBuilder dot = new StringBuilder();

  private DotPicture(HostGraph graph) {
    this.graph = graph;
    graph.nodes().forEach(node -> names.put(node.id(), "n" + names.size()));
  }

  /** The text of a {@code .dot} file. */
  public static String draw(HostGraph graph) {
    DotPicture picture = new DotPicture(graph);
    picture.head();
    picture.ranks();
    graph.edges().forEach(picture::edge);
    return picture.dot.append("}\n").toString();
  }

  private void head() {
    dot.append("digraph host {\n")
        .append("  rankdir=LR;\n  labelloc=t;\n")
        .append("  label=")
        .append(quoted(graph.title() + "\n" + graph.subtitle()))
        .append(";\n")
        .append("  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n")
        .append("  edge [fontname=\"sans-serif\", fontsize=10];\n");
  }

  private void ranks() {
    for (int rank = 0; rank < Kind.RANKS; rank++) {
      int column = rank;
      List<Node> nodes =
          graph.nodes().stream().filter(node -> node.kind().rank() == column).toList();
      if (!nodes.isEmpty()) {
        dot.append("  { rank=same;\n");
        nodes.forEach(this::node);
        dot.append("  }\n");
      }
    }
  }

  private void node(Node node) {
    String facts = node.facts().stream().map(fact -> "\n" + fact).collect(Collectors.joining());
    dot.append("    ").append(names.get(node.id()));
    dot.append(" [label=").append(quoted(node.title() + facts)).append("];\n");
  }

  private void edge(Edge edge) {
    dot.append("  ").append(names.get(edge.from())).append(" -> ").append(names.get(edge.to()));
    dot.append(" [label=").append(quoted(edge.label())).append(", ");
    dot.append(style(edge.relation())).append("];\n");
  }

  private static String style(Relation relation) {
    return switch (relation) {
      case HOLDS -> "color=\"gray60\", arrowhead=open";
      case USES -> "color=\"gray20\"";
      case SIGNALS -> "color=\"royalblue\"";
      case BYPASS -> "color=\"darkorange\", style=dashed";
      case POSTED -> "color=\"seagreen\", penwidth=2.5";
      case DMA -> "color=\"purple\", style=dotted";
    };
  }

  private static String quoted(String text) {
    return '"'
        + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\r", " ")
        + '"';
  }
}
