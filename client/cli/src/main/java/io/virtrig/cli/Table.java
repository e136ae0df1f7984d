package io.virtrig.cli;

import java.util.ArrayList;
import java.util.List;

/** Text in columns, each as wide as its widest cell. */
final class Table {

  private static final String GAP = "  ";

  private final List<String[]> rows = new ArrayList<>();

  Table(String... header) {
    rows.add(header);
  }

  Table row(String... cells) {
    rows.add(cells);
    return this;
  }

  @Override
  public String toString() {
    int[] widths = new int[rows.getFirst().length];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (String[] row : rows) {
      text.append(line(row, widths).stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private static String line(String[] row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.length; i++) {
      line.append(row[i]).repeat(' ', widths[i] - row[i].length()).append(GAP);
    }
    return line.toString();
  }
}
