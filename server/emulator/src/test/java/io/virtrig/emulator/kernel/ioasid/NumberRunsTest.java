package io.virtrig.emulator.kernel.ioasid;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class NumberRunsTest {

  /** Random additions and removals against a set of numbers. */
  @Test
  void behavesLikeASetOfNumbers() {
    for (long seed = 0; seed < 500; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      NumberRuns runs = new NumberRuns();
      TreeSet<Long> model = new TreeSet<>();
      for (int step = 0; step < 100; step++) {
        long first = random.nextInt(40);
        long last = first + random.nextInt(20);
        if (random.nextInt(3) > 0) {
          long lowest = runs.lowestMissing(first, last);
          assertThat(lowest).as("seed %d", seed).isEqualTo(lowestMissing(model, first, last));
          if (lowest >= 0) {
            runs.add(lowest);
            model.add(lowest);
          }
        } else {
          List<Long> removed = new ArrayList<>();
          runs.forEachRun(
              first,
              last,
              (from, to) -> {
                for (long number = from; number <= to; number++) {
                  removed.add(number);
                }
              });
          assertThat(removed)
              .as("seed %d", seed)
              .containsExactlyElementsOf(model.subSet(first, true, last, true));
          runs.remove(first, last);
          model.subSet(first, true, last, true).clear();
        }
        assertThat(runs.count()).as("seed %d", seed).isEqualTo(model.size());
        for (long number = 0; number < 64; number++) {
          assertThat(runs.contains(number))
              .as("seed %d: %d", seed, number)
              .isEqualTo(model.contains(number));
        }
      }
    }
  }

  private static long lowestMissing(Set<Long> model, long first, long last) {
    for (long number = first; number <= last; number++) {
      if (!model.contains(number)) {
        return number;
      }
    }
    return -1;
  }

  @Test
  void reachesTheTopOfThirtyTwoBits() {
    NumberRuns runs = new NumberRuns();
    assertThat(runs.lowestMissing(0xffffffffL, 0xffffffffL)).isEqualTo(0xffffffffL);
    runs.add(0xffffffffL);
    assertThat(runs.lowestMissing(0xffffffffL, 0xffffffffL)).isEqualTo(-1);
    runs.remove(0, 0xffffffffL);
    assertThat(runs.count()).isZero();
  }
}
