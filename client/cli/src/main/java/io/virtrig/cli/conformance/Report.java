package io.virtrig.cli.conformance;

import io.virtrig.cli.conformance.Outcome.Failed;
import io.virtrig.cli.conformance.Outcome.Passed;
import io.virtrig.cli.conformance.Outcome.Unsupported;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What came of a run.
 *
 * @param results in the order of the cases
 */
public record Report(List<CaseResult> results) {

  /** Keeps a copy of the list. */
  public Report {
    results = List.copyOf(results);
  }

  /**
   * How many cases came out how.
   *
   * @param passed as expected
   * @param failed not as expected
   * @param unsupported not run
   */
  public record Counts(int passed, int failed, int unsupported) {

    static Counts of(List<CaseResult> results) {
      return new Counts(
          count(results, Passed.class),
          count(results, Failed.class),
          count(results, Unsupported.class));
    }

    private static int count(List<CaseResult> results, Class<? extends Outcome> kind) {
      return (int) results.stream().filter(result -> kind.isInstance(result.outcome())).count();
    }
  }

  /** Over all areas. */
  public Counts counts() {
    return Counts.of(results);
  }

  /** By area, in alphabetical order. */
  public SortedMap<String, Counts> areas() {
    SortedMap<String, Counts> areas = new TreeMap<>();
    byArea().forEach((area, inArea) -> areas.put(area, Counts.of(inArea)));
    return areas;
  }

  /** The results of each area, in alphabetical order. */
  public SortedMap<String, List<CaseResult>> byArea() {
    return results.stream()
        .collect(
            Collectors.groupingBy(
                result -> result.name().source().area(), TreeMap::new, Collectors.toList()));
  }

  /** The failed cases, with why. */
  public List<Map.Entry<CaseName, Failed>> failures() {
    return results.stream()
        .filter(result -> result.outcome() instanceof Failed)
        .map(result -> Map.entry(result.name(), (Failed) result.outcome()))
        .toList();
  }

  /** The unsupported cases, with why. */
  public List<Map.Entry<CaseName, Unsupported>> unsupported() {
    return results.stream()
        .filter(result -> result.outcome() instanceof Unsupported)
        .map(result -> Map.entry(result.name(), (Unsupported) result.outcome()))
        .toList();
  }

  /** Whether nothing failed and, unless allowed, nothing was unsupported. */
  public boolean isClean(boolean allowUnsupported) {
    return failures().isEmpty() && (allowUnsupported || unsupported().isEmpty());
  }
}
