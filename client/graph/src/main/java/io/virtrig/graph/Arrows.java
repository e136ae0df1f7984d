package io.virtrig.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The nodes and edges of a graph by node. */
final class Arrows {

  private final Map<String, Node> nodes = new HashMap<>();
  private final Map<String, List<Edge>> byEnd = new HashMap<>();

  Arrows(HostGraph graph) {
    graph.nodes().forEach(node -> nodes.put(node.id(), node));
    for (Edge edge : graph.edges()) {
      add(edge.from(), edge);
      add(edge.to(), edge);
    }
  }

  private void add(String id, Edge edge) {
    byEnd.computeIfAbsent(id, _ -> new ArrayList<>()).add(edge);
  }

  /** The edges that leave or reach a node, in the graph's order. */
  List<Edge> at(Node node) {
    return byEnd.getOrDefault(node.id(), List.of());
  }

  /** The other end. */
  Node across(Edge edge, Node node) {
    String id = edge.from().equals(node.id()) ? edge.to() : edge.from();
    Node other = nodes.get(id);
    if (other == null) {
      throw new IllegalArgumentException("the graph has no node " + id);
    }
    return other;
  }
}
