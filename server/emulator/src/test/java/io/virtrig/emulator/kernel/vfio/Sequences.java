package io.virtrig.emulator.kernel.vfio;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Runs generated sequences of steps; one that fails is shrunk by dropping steps. */
public final class Sequences {

  private Sequences() {}

  /**
   * Checks a sequence.
   *
   * @param seed what it was made from, for the message
   * @param run runs a sequence: what went wrong, or null
   */
  public static <T> void check(long seed, List<T> steps, Function<List<T>, @Nullable String> run) {
    String failure = run.apply(steps);
    if (failure == null) {
      return;
    }
    List<T> least = new ArrayList<>(steps);
    for (int i = least.size() - 1; i >= 0; i--) {
      List<T> fewer = new ArrayList<>(least);
      fewer.remove(i);
      String still = run.apply(fewer);
      if (still != null) {
        least = fewer;
        failure = still;
      }
    }
    throw new AssertionError("seed " + seed + ": " + failure + "\nafter " + least);
  }
}
