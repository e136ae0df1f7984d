package io.virtrig.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The graph as an indented tree for a terminal. Each node stands once with its facts, as near to a
 * process as it can; elsewhere its name alone is an arrow's end.
 */
public final class TextPicture {

  /** No line is longer, in characters. */
  static final int WIDTH = 100;

  private final Arrows arrows;
  private final Map<String, Edge> parents = new HashMap<>();
  private final Set<String> expanded = new HashSet<>();
  private final StringBuilder text = new StringBuilder();

  private TextPicture(HostGraph graph) {
    arrows = new Arrows(graph);
  }

  /** The picture, ending with a newline. */
  public static String draw(HostGraph graph) {
    TextPicture picture = new TextPicture(graph);
    picture.line("", graph.title(), List.of(graph.subtitle()), "");
    List<Node> byRank = new ArrayList<>(graph.nodes());
    byRank.sort(Comparator.comparingInt(node -> node.kind().rank()));
    List<Node> roots = picture.roots(byRank);
    for (Node root : roots) {
      picture.line("", root.title(), root.facts(), picture.hasEdges(root) ? "│ " : "");
      picture.branches(root, "");
    }
    return picture.text.toString();
  }

  /** Finds each node's parent, breadth first: processes are roots, and what no root leads to. */
  private List<Node> roots(List<Node> byRank) {
    List<Node> roots =
        new ArrayList<>(byRank.stream().filter(node -> node.kind() == Kind.PROCESS).toList());
    Set<String> reached = new HashSet<>();
    Deque<Node> queue = new ArrayDeque<>();
    roots.forEach(root -> reached.add(root.id()));
    queue.addAll(roots);
    spread(queue, reached);
    for (Node node : byRank) {
      if (reached.add(node.id())) {
        roots.add(node);
        queue.add(node);
        spread(queue, reached);
      }
    }
    return roots;
  }

  private void spread(Deque<Node> queue, Set<String> reached) {
    while (!queue.isEmpty()) {
      Node node = queue.remove();
      for (Edge edge : arrows.at(node)) {
        Node other = arrows.across(edge, node);
        if (reached.add(other.id())) {
          parents.put(other.id(), edge);
          queue.add(other);
        }
      }
    }
  }

  private boolean hasEdges(Node node) {
    return !shown(node).isEmpty();
  }

  /** All edges but the one that the node hangs on, and those that stand with a process. */
  private List<Edge> shown(Node node) {
    List<Edge> shown = new ArrayList<>(arrows.at(node));
    shown.remove(parents.get(node.id()));
    shown.removeIf(edge -> edge.relation() == Relation.HOLDS && edge.to().equals(node.id()));
    return shown;
  }

  private void branches(Node node, String indent) {
    if (!expanded.add(node.id())) {
      return;
    }
    List<Edge> edges = shown(node);
    for (int i = 0; i < edges.size(); i++) {
      Edge edge = edges.get(i);
      boolean last = i == edges.size() - 1;
      Node other = arrows.across(edge, node);
      boolean child = edge.equals(parents.get(other.id())) && !expanded.contains(other.id());
      String below = indent + (last ? "   " : "│  ");
      String more = child && hasEdges(other) ? "│ " : "  ";
      line(
          indent + (last ? "└─ " : "├─ "),
          arrow(edge, node) + other.title(),
          child ? other.facts() : List.of(),
          below + more);
      if (child) {
        branches(other, below);
      }
    }
  }

  /** A posted interrupt has a double arrow, as it takes a road of its own. */
  private static String arrow(Edge edge, Node node) {
    String label =
        switch (edge.relation()) {
          case POSTED, BYPASS -> "irqbypass, " + edge.label() + " ";
          case DMA -> "DMA ";
          default -> edge.label().isEmpty() ? "" : edge.label() + " ";
        };
    boolean bypass = edge.relation() == Relation.POSTED;
    if (edge.from().equals(node.id())) {
      return label + (bypass ? "⇒ " : "→ ");
    }
    return (bypass ? "⇐ " : "← ") + (label.isEmpty() ? "" : label + "─ ");
  }

  /** A line; facts that it has no room for go on below it. */
  private void line(String indent, String lead, List<String> facts, String below) {
    StringBuilder line = new StringBuilder(cut(indent + lead, WIDTH));
    String separator = "  ";
    for (String fact : facts) {
      if (line.length() + separator.length() + fact.length() > WIDTH) {
        text.append(line.toString().stripTrailing()).append('\n');
        line = new StringBuilder(cut(below + "  ", WIDTH / 2));
        separator = "";
      }
      line.append(cut(separator + fact, WIDTH - line.length()));
      separator = ", ";
    }
    text.append(line.toString().stripTrailing()).append('\n');
  }

  private static String cut(String text, int width) {
    String flat = text.replaceAll("\\p{Cntrl}", " ");
    return flat.length() <= width ? flat : flat.substring(0, width - 1) + "…";
  }
}
