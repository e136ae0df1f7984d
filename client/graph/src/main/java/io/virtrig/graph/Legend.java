package io.virtrig.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Says what the boxes and lines of a drawing stand for; only those that are in it. */
final class Legend {

  private static final double SAMPLE = 34;
  private static final double GAP = 26;

  private record Entry(String style, boolean isBox, String label) {
    double width() {
      return SAMPLE + 8 + TextExtent.label(label) * 1.1 + GAP;
    }
  }

  private final List<Entry> entries = new ArrayList<>();

  Legend(HostGraph graph) {
    Arrays.stream(Kind.values())
        .filter(kind -> graph.nodes().stream().anyMatch(node -> node.kind() == kind))
        .forEach(kind -> entries.add(new Entry(style(kind), true, kind.label())));
    Arrays.stream(Relation.values())
        .filter(relation -> graph.edges().stream().anyMatch(edge -> edge.relation() == relation))
        .forEach(relation -> entries.add(new Entry(style(relation), false, relation.label())));
  }

  private static String style(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** How many lines it takes in a width. */
  int lines(double width) {
    int lines = 1;
    double x = 0;
    for (Entry entry : entries) {
      if (x > 0 && x + entry.width() > width) {
        lines++;
        x = 0;
      }
      x += entry.width();
    }
    return lines;
  }

  void draw(SvgText svg, double left, double top, double width, double pitch) {
    double x = 0;
    double y = top;
    for (Entry entry : entries) {
      if (x > 0 && x + entry.width() > width) {
        y += pitch;
        x = 0;
      }
      entry(svg, entry, left + x, y);
      x += entry.width();
    }
  }

  private static void entry(SvgText svg, Entry entry, double x, double y) {
    if (entry.isBox) {
      svg.begin("node " + entry.style, entry.label);
      svg.box(x, y - 8, SAMPLE, 16);
      svg.end();
    } else {
      Path path = new Path();
      path.move(x, y);
      path.horizontal(x + SAMPLE - 7);
      svg.edge(entry.style, entry.label, path.data(), x + SAMPLE, y, 7);
    }
    svg.text("legend", x + SAMPLE + 8, y + 4, entry.label);
  }
}
