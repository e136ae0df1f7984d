package io.virtrig.graph;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A place in a column of the layout: a node, or where an edge passes between nodes. */
final class Cell {

  /** The distance of two edges at the side of a node. */
  static final double PORT_PITCH = 16;

  private static final double PASSAGE = 10;

  /** Where an edge meets the side of this cell, and its neighbour there. */
  record Port(int edge, Cell other) {}

  final @Nullable Node node;
  final int column;
  final List<Port> left = new ArrayList<>();
  final List<Port> right = new ArrayList<>();

  /** The place in the column, from the top. */
  int place;

  /** The upper side. */
  double y;

  Cell(@Nullable Node node, int column) {
    this.node = node;
    this.column = column;
  }

  double height() {
    if (node == null) {
      return PASSAGE;
    }
    return Math.max(
        TextExtent.height(node), PORT_PITCH * (1 + Math.max(left.size(), right.size())));
  }

  double centre() {
    return y + height() / 2;
  }

  /** Where an edge meets a side. */
  double portY(List<Port> side, int index) {
    return centre() + offset(side, index);
  }

  private double offset(List<Port> side, int index) {
    return node == null ? 0 : PORT_PITCH * (index - (side.size() - 1) / 2.0);
  }

  double portY(List<Port> side, int edge, Cell other) {
    return portY(side, side.indexOf(new Port(edge, other)));
  }

  /** Puts the edges of each side into the order of what they lead to. */
  void sortPorts() {
    Comparator<Port> byPlace =
        Comparator.<Port>comparingDouble(port -> port.other.centre()).thenComparingInt(Port::edge);
    left.sort(byPlace);
    right.sort(byPlace);
  }

  /** The upper side that makes the edges of one side of this cell as straight as can be. */
  double wanted(boolean leftSide) {
    List<Port> side = leftSide ? left : right;
    if (side.isEmpty()) {
      return y;
    }
    double sum = 0;
    for (int i = 0; i < side.size(); i++) {
      Port port = side.get(i);
      List<Port> facing = leftSide ? port.other.right : port.other.left;
      sum += port.other.portY(facing, port.edge, this) - offset(side, i);
    }
    return sum / side.size() - height() / 2;
  }

  /** The mean place of the neighbours on one side; its own when it has none there. */
  double barycentre(boolean leftSide) {
    return (leftSide ? left : right)
        .stream().mapToInt(port -> port.other.place).average().orElse(place);
  }
}
