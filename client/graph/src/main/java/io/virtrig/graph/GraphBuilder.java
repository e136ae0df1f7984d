package io.virtrig.graph;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Collects nodes and edges. Edges of one relation between the same two nodes become one. */
final class GraphBuilder {

  private record Ends(String from, String to, Relation relation) {}

  private final Map<String, Node> nodes = new LinkedHashMap<>();
  private final Map<Ends, List<String>> labels = new LinkedHashMap<>();

  void node(String id, Kind kind, String title, List<String> facts) {
    nodes.putIfAbsent(id, new Node(id, kind, title, facts));
  }

  boolean has(String id) {
    return nodes.containsKey(id);
  }

  @Nullable Kind kind(String id) {
    Node node = nodes.get(id);
    return node == null ? null : node.kind();
  }

  void edge(String from, String to, Relation relation, String label) {
    if (from.equals(to)) {
      return;
    }
    List<String> known =
        labels.computeIfAbsent(new Ends(from, to, relation), _ -> new ArrayList<>());
    if (!label.isEmpty() && !known.contains(label)) {
      known.add(label);
    }
  }

  /** An edge's label; empty when there is no such edge. */
  String label(String from, String to, Relation relation) {
    return EdgeLabel.of(labels.getOrDefault(new Ends(from, to, relation), List.of()));
  }

  /** Who signals that node, in the order in which the edges were met. */
  List<String> signallers(String to) {
    return labels.keySet().stream()
        .filter(ends -> ends.relation == Relation.SIGNALS && ends.to.equals(to))
        .map(Ends::from)
        .toList();
  }

  /** The irqfd that an eventfd signals. */
  Optional<String> irqfdOf(String eventfd) {
    return labels.keySet().stream()
        .filter(ends -> ends.relation == Relation.SIGNALS && ends.from.equals(eventfd))
        .map(Ends::to)
        .filter(id -> kind(id) == Kind.IRQFD)
        .findFirst();
  }

  HostGraph build(String title, String subtitle) {
    List<Edge> edges = new ArrayList<>();
    labels.forEach(
        (ends, texts) ->
            edges.add(new Edge(ends.from, ends.to, ends.relation, EdgeLabel.of(texts))));
    return new HostGraph(title, subtitle, List.copyOf(nodes.values()), edges);
  }
}
