package io.virtrig.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A layered layout: nodes in columns by the rank of their kind, edges from column to column, by way
 * of passages where they are longer. The order in the columns is found by sweeps that put each cell
 * at the mean place of its neighbours, of which the one with the fewest crossings counts; then the
 * heights, by sweeps that make edges straight as far as the order allows.
 */
final class Columns {

  private static final int ORDER_SWEEPS = 16;
  private static final int HEIGHT_SWEEPS = 12;
  private static final double NODE_GAP = 18;
  private static final double PASSAGE_GAP = 6;

  /** Straight long edges matter more than short ones. */
  private static final double PASSAGE_WEIGHT = 3;

  private final List<List<Cell>> columns = new ArrayList<>();

  /** For each edge the cells that it visits, from left to right. */
  private final List<List<Cell>> routes = new ArrayList<>();

  private Columns() {}

  static Columns of(HostGraph graph) {
    Columns layout = new Columns();
    layout.place(graph);
    layout.order();
    layout.stack();
    return layout;
  }

  List<List<Cell>> columns() {
    return columns;
  }

  List<Cell> route(int edge) {
    return routes.get(edge);
  }

  /** Whether an edge leaves the last column to its right, back into that column. */
  boolean hasLoops() {
    return routes.stream()
        .anyMatch(
            route ->
                route.getFirst().column == route.getLast().column
                    && route.getFirst().column == columns.size() - 1);
  }

  double height() {
    return columns.stream()
        .flatMap(List::stream)
        .mapToDouble(cell -> cell.y + cell.height())
        .max()
        .orElse(0);
  }

  private void place(HostGraph graph) {
    int[] ranks =
        graph.nodes().stream().mapToInt(node -> node.kind().rank()).distinct().sorted().toArray();
    for (int i = 0; i < ranks.length; i++) {
      columns.add(new ArrayList<>());
    }
    Map<String, Cell> cells = new HashMap<>();
    for (Node node : graph.nodes()) {
      int column = Arrays.binarySearch(ranks, node.kind().rank());
      cells.put(node.id(), add(node, column));
    }
    for (int i = 0; i < graph.edges().size(); i++) {
      Edge edge = graph.edges().get(i);
      Cell from = Objects.requireNonNull(cells.get(edge.from()));
      Cell to = Objects.requireNonNull(cells.get(edge.to()));
      routes.add(from.column <= to.column ? route(i, from, to) : route(i, to, from));
    }
  }

  private Cell add(@Nullable Node node, int column) {
    Cell cell = new Cell(node, column);
    cell.place = columns.get(column).size();
    columns.get(column).add(cell);
    return cell;
  }

  private List<Cell> route(int edge, Cell first, Cell last) {
    List<Cell> route = new ArrayList<>();
    route.add(first);
    for (int column = first.column + 1; column < last.column; column++) {
      route.add(add(null, column));
    }
    route.add(last);
    if (first.column == last.column) {
      first.right.add(new Cell.Port(edge, last));
      last.right.add(new Cell.Port(edge, first));
      return route;
    }
    for (int i = 1; i < route.size(); i++) {
      route.get(i - 1).right.add(new Cell.Port(edge, route.get(i)));
      route.get(i).left.add(new Cell.Port(edge, route.get(i - 1)));
    }
    return route;
  }

  private void order() {
    List<List<Cell>> best = copy();
    long fewest = crossings();
    for (int sweep = 0; sweep < ORDER_SWEEPS && fewest > 0; sweep++) {
      boolean rightwards = sweep % 2 == 0;
      for (int i = 1; i < columns.size(); i++) {
        sort(columns.get(rightwards ? i : columns.size() - 1 - i), rightwards);
      }
      long crossings = crossings();
      if (crossings < fewest) {
        fewest = crossings;
        best = copy();
      }
    }
    for (int i = 0; i < columns.size(); i++) {
      columns.set(i, best.get(i));
      number(columns.get(i));
    }
  }

  private static void sort(List<Cell> column, boolean byLeft) {
    Map<Cell, Double> wanted = new HashMap<>();
    column.forEach(cell -> wanted.put(cell, cell.barycentre(byLeft)));
    column.sort(Comparator.comparingDouble(cell -> wanted.getOrDefault(cell, 0.0)));
    number(column);
  }

  private static void number(List<Cell> column) {
    for (int i = 0; i < column.size(); i++) {
      column.get(i).place = i;
    }
  }

  private List<List<Cell>> copy() {
    List<List<Cell>> copy = new ArrayList<>();
    columns.forEach(column -> copy.add(new ArrayList<>(column)));
    return copy;
  }

  private long crossings() {
    long crossings = 0;
    for (List<Cell> column : columns) {
      crossings += Crossings.rightOf(column);
    }
    return crossings;
  }

  private void stack() {
    for (List<Cell> column : columns) {
      spread(column, new double[column.size()]);
    }
    columns.forEach(column -> column.forEach(Cell::sortPorts));
    for (int sweep = 0; sweep < HEIGHT_SWEEPS; sweep++) {
      boolean rightwards = sweep % 2 == 0;
      for (int i = 0; i < columns.size(); i++) {
        List<Cell> column = columns.get(rightwards ? i : columns.size() - 1 - i);
        spread(column, column.stream().mapToDouble(cell -> cell.wanted(rightwards)).toArray());
      }
      columns.forEach(column -> column.forEach(Cell::sortPorts));
    }
    double top = columns.stream().flatMap(List::stream).mapToDouble(cell -> cell.y).min().orElse(0);
    columns.forEach(column -> column.forEach(cell -> cell.y -= top));
  }

  /** Puts cells as near to where they want to be as their order and distances let them. */
  private static void spread(List<Cell> column, double[] wanted) {
    double[] distances = new double[column.size()];
    double[] weights = new double[column.size()];
    for (int i = 0; i < column.size(); i++) {
      weights[i] = column.get(i).node == null ? PASSAGE_WEIGHT : 1;
      if (i > 0) {
        Cell above = column.get(i - 1);
        boolean passages = above.node == null && column.get(i).node == null;
        distances[i] = distances[i - 1] + above.height() + (passages ? PASSAGE_GAP : NODE_GAP);
      }
    }
    double[] moved = Monotone.nearest(wanted, distances, weights);
    for (int i = 0; i < column.size(); i++) {
      column.get(i).y = moved[i] + distances[i];
    }
  }
}
