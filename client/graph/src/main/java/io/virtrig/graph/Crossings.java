package io.virtrig.graph;

import java.util.ArrayList;
import java.util.List;

/** Counts the edges that cross between two columns. */
final class Crossings {

  private Crossings() {}

  /** Of the edges that leave a column to the right: inversions, counted with a Fenwick tree. */
  static long rightOf(List<Cell> column) {
    List<int[]> ends = new ArrayList<>();
    int last = 0;
    for (Cell cell : column) {
      for (Cell.Port port : cell.right) {
        if (port.other().column != cell.column) {
          ends.add(new int[] {cell.place, port.other().place});
          last = Math.max(last, port.other().place);
        }
      }
    }
    ends.sort((a, b) -> a[0] != b[0] ? Integer.compare(a[0], b[0]) : Integer.compare(a[1], b[1]));
    int[] counts = new int[last + 2];
    long crossings = 0;
    for (int seen = 0; seen < ends.size(); seen++) {
      int end = ends.get(seen)[1];
      crossings += seen - upTo(counts, end);
      for (int at = end + 1; at < counts.length; at += at & -at) {
        counts[at]++;
      }
    }
    return crossings;
  }

  private static int upTo(int[] counts, int end) {
    int sum = 0;
    for (int at = end + 1; at > 0; at -= at & -at) {
      sum += counts[at];
    }
    return sum;
  }
}
