package io.virtrig.graph;

import java.util.List;
import java.util.Locale;

/** The graph as a drawing that every browser shows. */
public final class SvgPicture {

  private static final double MARGIN = 28;
  private static final double HEADER = 74;
  private static final double LEGEND_LINE = 24;
  private static final double CURVE = 84;
  private static final double ARROW = 7;
  private static final double LEAST_WIDTH = 560;

  private final HostGraph graph;
  private final Columns layout;
  private final double[] lefts;
  private final double[] widths;

  /** In the gap to the right of a column: the straight part at its left and at its right end. */
  private final double[] leftStubs;

  private final double[] rightStubs;
  private final SvgText svg = new SvgText();

  private SvgPicture(HostGraph graph) {
    this.graph = graph;
    layout = Columns.of(graph);
    int columns = layout.columns().size();
    lefts = new double[columns];
    widths = new double[columns];
    leftStubs = new double[columns];
    rightStubs = new double[columns];
    measure();
  }

  /** The text of an {@code .svg} file. */
  public static String draw(HostGraph graph) {
    return new SvgPicture(graph).draw();
  }

  private void measure() {
    for (List<Cell> column : layout.columns()) {
      for (Cell cell : column) {
        double width = cell.node == null ? 0 : TextExtent.width(cell.node);
        widths[cell.column] = Math.max(widths[cell.column], width);
      }
    }
    for (int i = 0; i < graph.edges().size(); i++) {
      Edge edge = graph.edges().get(i);
      List<Cell> route = layout.route(i);
      double stub = edge.label().isEmpty() ? 0 : TextExtent.label(edge.label()) + 8;
      int first = route.getFirst().column;
      int last = route.getLast().column;
      if (startsLeft(edge, route)) {
        leftStubs[first] = Math.max(leftStubs[first], stub);
      } else {
        rightStubs[last - 1] = Math.max(rightStubs[last - 1], stub);
      }
    }
    double x = MARGIN;
    for (int i = 0; i < lefts.length; i++) {
      lefts[i] = x;
      leftStubs[i] += 2 * ARROW;
      rightStubs[i] += 2 * ARROW;
      x += widths[i] + leftStubs[i] + CURVE + rightStubs[i];
    }
  }

  private static boolean startsLeft(Edge edge, List<Cell> route) {
    Node left = route.getFirst().node;
    return left != null && left.id().equals(edge.from());
  }

  private String draw() {
    Legend legend = new Legend(graph);
    double right = lefts.length == 0 ? 0 : lefts[lefts.length - 1] + widths[lefts.length - 1];
    boolean loops = layout.hasLoops();
    double width =
        Math.max(LEAST_WIDTH, right + (loops ? leftStubs[lefts.length - 1] + CURVE : 0) + MARGIN);
    double legendTop = HEADER + layout.height() + 2 * MARGIN;
    double height = legendTop + legend.lines(width - 2 * MARGIN) * LEGEND_LINE + MARGIN / 2;
    svg.open(width, height, graph.title());
    svg.text("title", MARGIN, 36, graph.title());
    svg.text("subtitle", MARGIN, 57, graph.subtitle());
    // Those that matter most come last, on top.
    for (Relation relation : Relation.values()) {
      for (int i = 0; i < graph.edges().size(); i++) {
        if (graph.edges().get(i).relation() == relation) {
          edge(graph.edges().get(i), layout.route(i), i);
        }
      }
    }
    layout.columns().forEach(column -> column.forEach(this::node));
    for (int i = 0; i < graph.edges().size(); i++) {
      label(graph.edges().get(i), layout.route(i), i);
    }
    legend.draw(svg, MARGIN, legendTop, width - 2 * MARGIN, LEGEND_LINE);
    return svg.close();
  }

  private void node(Cell cell) {
    Node node = cell.node;
    if (node == null) {
      return;
    }
    double x = lefts[cell.column];
    double y = HEADER + cell.y;
    String kind = node.kind().name().toLowerCase(Locale.ROOT);
    svg.begin("node " + kind, node.kind().label() + ": " + node.title());
    svg.box(x, y, widths[cell.column], cell.height());
    double content = TextExtent.height(node);
    double baseline = y + (cell.height() - content) / 2 + 18;
    svg.text("name", x + 12, baseline, node.title());
    for (String fact : node.facts()) {
      baseline += TextExtent.FACT_LINE;
      svg.text("fact", x + 12, baseline, fact);
    }
    svg.end();
  }

  private void edge(Edge edge, List<Cell> route, int index) {
    boolean startsLeft = startsLeft(edge, route);
    Cell first = route.getFirst();
    Cell last = route.getLast();
    Path path = new Path();
    double startX = lefts[first.column] + widths[first.column];
    double startY = rightPort(first, index, route.get(1));
    path.move(startX + (startsLeft ? 0 : ARROW), startY);
    if (first.column == last.column) {
      double endY = rightPort(last, index, first);
      double out = startX + leftStubs[first.column] + CURVE / 2;
      path.horizontal(startX + leftStubs[first.column]);
      path.curve(out, startY, out, endY, startX + leftStubs[first.column], endY);
      path.horizontal(startX + ARROW);
      svg.edge(style(edge), name(edge), path.data(), startX, endY, -ARROW);
      return;
    }
    double y = startY;
    for (int i = 1; i < route.size(); i++) {
      Cell cell = route.get(i);
      int gap = cell.column - 1;
      double from = lefts[gap] + widths[gap] + leftStubs[gap];
      double to = lefts[cell.column] - rightStubs[gap];
      double next = HEADER + cell.portY(cell.left, index, route.get(i - 1));
      path.horizontal(from);
      path.curve((from + to) / 2, y, (from + to) / 2, next, to, next);
      y = next;
    }
    double endX = lefts[last.column];
    path.horizontal(endX - (startsLeft ? ARROW : 0));
    if (startsLeft) {
      svg.edge(style(edge), name(edge), path.data(), endX, y, ARROW);
    } else {
      svg.edge(style(edge), name(edge), path.data(), startX, startY, -ARROW);
    }
  }

  private static double rightPort(Cell cell, int edge, Cell other) {
    return HEADER + cell.portY(cell.right, edge, other);
  }

  /** The label stands over the straight beginning of its edge. */
  private void label(Edge edge, List<Cell> route, int index) {
    if (edge.label().isEmpty()) {
      return;
    }
    Cell first = route.getFirst();
    Cell last = route.getLast();
    String style = "label " + style(edge);
    if (startsLeft(edge, route)) {
      double x = lefts[first.column] + widths[first.column] + 6;
      svg.text(style, x, rightPort(first, index, route.get(1)) - 4, edge.label());
      return;
    }
    double x = lefts[last.column] - 6;
    double y = HEADER + last.portY(last.left, index, route.get(route.size() - 2)) - 4;
    svg.text(style + " end", x, y, edge.label());
  }

  private static String style(Edge edge) {
    return edge.relation().name().toLowerCase(Locale.ROOT);
  }

  private static String name(Edge edge) {
    String label = edge.label().isEmpty() ? "" : ": " + edge.label();
    return edge.from() + " \u2192 " + edge.to() + label;
  }
}
