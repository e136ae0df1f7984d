package io.virtrig.emulator.kernel.ioasid;

import io.virtrig.emulator.extent.Extent;
import io.virtrig.emulator.extent.ExtentMap;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.ArrayList;
import java.util.List;

/**
 * A set of numbers, kept as runs that never touch, so that a million in a row cost what one does.
 */
public final class NumberRuns implements Stateful {

  private record Run(long start, long last) implements Extent {}

  /** Receives the runs of a range. */
  public interface RunVisitor {
    /** Numbers first to last are in the set. */
    void run(long first, long last);
  }

  private final ExtentMap<Run> runs = new ExtentMap<>();
  private long count;

  long count() {
    return count;
  }

  boolean contains(long number) {
    return runs.at(number) != null;
  }

  /** Whether a number of [first, last] is in the set. */
  boolean any(long first, long last) {
    return runs.firstIn(first, last) != null;
  }

  /** The lowest number of [min, max] that is not in the set; -1 when all are. */
  long lowestMissing(long min, long max) {
    Run run = runs.at(min);
    long number = run == null ? min : run.last + 1;
    return number <= max ? number : -1;
  }

  /** Adds a number that is not in the set. */
  void add(long number) {
    long start = number;
    long last = number;
    Run below = number == 0 ? null : runs.at(number - 1);
    if (below != null) {
      runs.remove(below);
      start = below.start;
    }
    Run above = runs.at(number + 1);
    if (above != null) {
      runs.remove(above);
      last = above.last;
    }
    runs.add(new Run(start, last));
    count++;
  }

  /** Removes what is there of [first, last]. */
  void remove(long first, long last) {
    for (Run run = runs.firstIn(first, last); run != null; run = runs.firstIn(first, last)) {
      runs.remove(run);
      if (run.start < first) {
        runs.add(new Run(run.start, first - 1));
      }
      if (run.last > last) {
        runs.add(new Run(last + 1, run.last));
      }
      count -= Math.min(run.last, last) - Math.max(run.start, first) + 1;
    }
  }

  /** Visits the parts of runs in [first, last], ascending. */
  void forEachRun(long first, long last, RunVisitor visitor) {
    List<Run> hits = new ArrayList<>();
    for (Run run = runs.firstIn(first, last);
        run != null && run.start <= last;
        run = runs.after(run)) {
      hits.add(run);
    }
    for (Run run : hits) {
      visitor.run(Math.max(run.start, first), Math.min(run.last, last));
    }
  }

  @Override
  public void writeState(StateWriter out) {
    for (Run run : runs.all()) {
      out.number("first", run.start);
      out.number("last", run.last);
    }
  }
}
