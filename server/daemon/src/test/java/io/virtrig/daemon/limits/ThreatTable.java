package io.virtrig.daemon.limits;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The table of hostile clients in {@code docs/threat-model.md}. */
final class ThreatTable {
  record Row(String attack, String limit, String outcome) {
    @Override
    public String toString() {
      return "| " + attack + " | " + limit + " | " + outcome + " |";
    }
  }

  private static final Path DOCUMENT = Path.of("../../docs/threat-model.md");
  private static final String HEAD = "| attack | limit | outcome |";

  private ThreatTable() {}

  static List<Row> rows() throws IOException {
    List<Row> rows = new ArrayList<>();
    boolean inside = false;
    for (String line : Files.readAllLines(DOCUMENT)) {
      if (line.equals(HEAD)) {
        inside = true;
      } else if (inside && line.startsWith("| ") && !line.startsWith("| ---")) {
        String[] cells = line.split("\\|", -1);
        rows.add(new Row(cells[1].strip(), cells[2].strip(), cells[3].strip()));
      } else if (inside && !line.startsWith("|")) {
        inside = false;
      }
    }
    return rows;
  }
}
