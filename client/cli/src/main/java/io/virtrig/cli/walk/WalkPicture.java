package io.virtrig.cli.walk;

import io.virtrig.v1.WalkRequest;
import io.virtrig.v1.WalkResponse;
import io.virtrig.v1.WalkStep;
import java.util.ArrayList;
import java.util.List;

/**
 * A walk as a drawing. Each row ends with an entry of the guest's stage, or with what is found;
 * what its address had to go through first, in the host's stage, stands to its left.
 */
public final class WalkPicture {
  private static final int MARGIN = 24;
  private static final int BOX_WIDTH = 250;
  private static final int BOX_HEIGHT = 66;
  private static final int GAP = 40;
  private static final int TOP = 70;
  private static final int LINE = 16;
  private static final int MOST_BITS = 38;
  private static final String STYLE =
      "text{font-family:'DejaVu Sans',Verdana,sans-serif;font-size:11px;fill:#1f2933}"
          + ".t{font-size:18px;font-weight:bold}.n{font-weight:bold;font-size:12px}"
          + ".page{fill:#fff}rect.b{stroke-width:1.4;fill:#e0e8f9;stroke:#2f5fc4}"
          + "rect.second{fill:#efe5fa;stroke:#7a3fc0}rect.kept{fill:#fdf0d5;stroke:#b7791f}"
          + "rect.end{fill:#dff5e8;stroke:#1d8a4e}rect.blocked{fill:#fbe3e4;stroke:#c03d45}"
          + "path{stroke:#52606d;stroke-width:1.6;fill:none;marker-end:url(#a)}";

  private final StringBuilder svg = new StringBuilder();

  private WalkPicture() {}

  /** The text of an {@code .svg} file. */
  public static String draw(WalkRequest request, WalkResponse walk) {
    return new WalkPicture().picture(request, walk);
  }

  private static List<List<WalkStep>> rows(List<WalkStep> steps) {
    List<List<WalkStep>> rows = new ArrayList<>();
    List<WalkStep> row = new ArrayList<>();
    WalkStep before = WalkStep.getDefaultInstance();
    for (WalkStep step : steps) {
      boolean continued = isContinued(step, before);
      before = step;
      if (continued) {
        continue;
      }
      row.add(step);
      if (!isHosts(step)) {
        rows.add(row);
        row = new ArrayList<>();
      }
    }
    rows.add(row);
    return rows;
  }

  /** Of an entry of several words, the first stands for all. */
  private static boolean isContinued(WalkStep step, WalkStep before) {
    return !step.hasLevel()
        && !step.hasInput()
        && step.getStructure().equals(before.getStructure())
        && step.getAddress() == before.getAddress() + Long.BYTES;
  }

  private static boolean isHosts(WalkStep step) {
    return step.getStructure().equals("second level") || step.getStructure().equals("stage 2");
  }

  private String picture(WalkRequest request, WalkResponse walk) {
    List<List<WalkStep>> rows = rows(walk.getWalk().getStepsList());
    int columns = 1;
    for (List<WalkStep> row : rows) {
      columns = Math.max(columns, row.size() + (row.isEmpty() || !isHosts(row.getLast()) ? 0 : 1));
    }
    int width = 2 * MARGIN + columns * (BOX_WIDTH + GAP) - GAP;
    int height = TOP + (rows.size() + walk.getKeptCount()) * (BOX_HEIGHT + GAP) + MARGIN;
    svg.append(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n"
            .formatted(Math.max(width, 620), height, Math.max(width, 620), height));
    svg.append("<style>").append(STYLE).append("</style>\n");
    svg.append(
        "<defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\""
            + " markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8\""
            + " style=\"marker-end:none\"/></marker></defs>\n");
    svg.append("<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n");
    text("t", MARGIN, 36, WalkText.title(request));
    int y = TOP;
    for (var kept : walk.getKeptList()) {
      box(
          "kept",
          MARGIN,
          y,
          kept.getCache(),
          WalkText.hex(kept.getTarget()),
          kept.getStale() ? "stale" : "");
      y += BOX_HEIGHT + GAP;
    }
    int last = MARGIN + (columns - 1) * (BOX_WIDTH + GAP);
    for (int i = 0; i < rows.size(); i++) {
      boolean ends = i == rows.size() - 1;
      row(rows.get(i), last, y, ends);
      if (ends) {
        boolean blocked = !walk.getVerdict().hasTranslated();
        box(
            blocked ? "blocked" : "end",
            last,
            y,
            blocked ? "blocked" : "memory",
            WalkText.verdict(walk.getVerdict()),
            "");
      } else {
        arrow(last + BOX_WIDTH / 2, y + BOX_HEIGHT, last + BOX_WIDTH / 2, y + BOX_HEIGHT + GAP);
      }
      y += BOX_HEIGHT + GAP;
    }
    return svg.append("</svg>\n").toString();
  }

  /** The host's steps of a row stand to the left of its end. */
  private void row(List<WalkStep> row, int last, int y, boolean ends) {
    int count = row.size();
    for (int i = 0; i < count; i++) {
      WalkStep step = row.get(i);
      int x = last - (count - (ends ? 0 : 1) - i) * (BOX_WIDTH + GAP);
      if (step.hasInput()) {
        box(
            "second",
            x,
            y,
            WalkText.name(step),
            WalkText.hex(step.getInput()) + " \u2192 " + WalkText.hex(step.getOutput()),
            String.join(" ", step.getBitsList().subList(1, step.getBitsCount())));
      } else {
        box(
            isHosts(step) ? "second" : "b",
            x,
            y,
            WalkText.name(step),
            "[" + step.getIndex() + "] = " + WalkText.hex(step.getEntry()),
            String.join(" ", step.getBitsList()));
      }
      if (x < last) {
        arrow(x + BOX_WIDTH, y + BOX_HEIGHT / 2, x + BOX_WIDTH + GAP, y + BOX_HEIGHT / 2);
      }
    }
  }

  private void box(String style, int x, int y, String name, String line, String bits) {
    svg.append(
        "<rect class=\"b %s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n"
            .formatted(style, x, y, BOX_WIDTH, BOX_HEIGHT));
    text("n", x + 10, y + 20, name);
    text("f", x + 10, y + 20 + LINE, line);
    text(
        "f",
        x + 10,
        y + 20 + 2 * LINE,
        bits.length() > MOST_BITS ? bits.substring(0, MOST_BITS) + "\u2026" : bits);
  }

  private void arrow(int x1, int y1, int x2, int y2) {
    svg.append("<path d=\"M%d %dL%d %d\"/>\n".formatted(x1, y1, x2, y2));
  }

  private void text(String style, int x, int y, String text) {
    String escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    svg.append("<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>\n".formatted(style, x, y, escaped));
  }
}
