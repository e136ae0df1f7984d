package io.virtrig.emulator.kernel.kvm;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Makes failing sequences shorter. */
final class Sequences {

  private Sequences() {}

  /** Drops steps, large pieces first, as long as what is left still fails. */
  static <T> List<T> shrink(List<T> steps, Predicate<List<T>> fails) {
    List<T> least = steps;
    for (int piece = steps.size() / 2; piece > 0; piece /= 2) {
      for (int at = 0; at + piece <= least.size(); ) {
        List<T> shorter = new ArrayList<>(least.subList(0, at));
        shorter.addAll(least.subList(at + piece, least.size()));
        if (fails.test(shorter)) {
          least = shorter;
        } else {
          at += piece;
        }
      }
    }
    return least;
  }
}
