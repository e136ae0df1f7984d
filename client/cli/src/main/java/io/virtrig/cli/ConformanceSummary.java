package io.virtrig.cli;

import io.virtrig.cli.conformance.CaseName;
import io.virtrig.cli.conformance.FailureText;
import io.virtrig.cli.conformance.Outcome.Failed;
import io.virtrig.cli.conformance.Outcome.Unsupported;
import io.virtrig.cli.conformance.Report;
import io.virtrig.cli.conformance.Report.Counts;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A conformance report for people: each failure, what is lacking, the counts by area. */
final class ConformanceSummary {

  private static final int LACKING_SHOWN = 10;

  private final PrintWriter out;
  private final Palette palette;

  ConformanceSummary(PrintWriter out, Palette palette) {
    this.out = out;
    this.palette = palette;
  }

  void print(Report report, boolean quiet) {
    if (!quiet) {
      report.failures().forEach(entry -> failure(entry.getKey(), entry.getValue()));
      lacking(report.unsupported());
      areas(report);
    }
    Counts all = report.counts();
    String failed = all.failed() + " failed";
    out.println(
        palette.good(all.passed() + " passed")
            + ", "
            + (all.failed() == 0 ? failed : palette.bad(failed))
            + ", "
            + all.unsupported()
            + " unsupported");
    out.flush();
  }

  private void failure(CaseName name, Failed failed) {
    for (String text : FailureText.lines(name, failed)) {
      out.println(colour(text));
    }
    out.println();
  }

  private String colour(String line) {
    if (line.startsWith("FAILED")) {
      return palette.strong(palette.bad(line));
    }
    if (line.startsWith("  - ")) {
      return palette.good(line);
    }
    if (line.startsWith("  + ")) {
      return palette.bad(line);
    }
    if (line.startsWith("  emulator's reason")) {
      return palette.notable(line);
    }
    return line.startsWith("    ") ? palette.faint(line) : line;
  }

  /** What unsupported cases lack, the most wanted first. */
  private void lacking(List<Map.Entry<CaseName, Unsupported>> unsupported) {
    if (unsupported.isEmpty()) {
      return;
    }
    Map<String, Long> reasons =
        unsupported.stream()
            .collect(
                Collectors.groupingBy(
                    entry -> entry.getValue().reason(), TreeMap::new, Collectors.counting()));
    out.println(palette.strong("Unsupported") + ", by what is lacking:");
    reasons.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .limit(LACKING_SHOWN)
        .forEach(reason -> out.println("%5d  %s".formatted(reason.getValue(), reason.getKey())));
    if (reasons.size() > LACKING_SHOWN) {
      out.println("       and " + (reasons.size() - LACKING_SHOWN) + " more reasons");
    }
    out.println();
  }

  private void areas(Report report) {
    Table table = new Table("AREA", "PASSED", "FAILED", "UNSUPPORTED");
    report
        .areas()
        .forEach(
            (area, counts) ->
                table.row(
                    area,
                    Integer.toString(counts.passed()),
                    Integer.toString(counts.failed()),
                    Integer.toString(counts.unsupported())));
    out.println(table);
  }
}
