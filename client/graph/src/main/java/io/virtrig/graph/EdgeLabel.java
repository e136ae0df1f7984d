package io.virtrig.graph;

import java.util.ArrayList;
import java.util.List;

/** The labels of edges that became one: {@code fd 3} and {@code fd 4} are {@code fd 3, 4}. */
final class EdgeLabel {

  private static final int SHOWN = 4;

  private EdgeLabel() {}

  static String of(List<String> labels) {
    List<String> parts = new ArrayList<>();
    String word = "";
    for (String label : labels.subList(0, Math.min(SHOWN, labels.size()))) {
      int end = label.lastIndexOf(' ') + 1;
      String first = label.substring(0, end);
      parts.add(!first.isEmpty() && first.equals(word) ? label.substring(end) : label);
      word = first;
    }
    String rest = labels.size() > SHOWN ? " +" + (labels.size() - SHOWN) : "";
    return String.join(", ", parts) + rest;
  }
}
