package io.virtrig.emulator.extent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExtentMapTest {
  private static final int STEPS = 60_000;

  private record Piece(long start, long last) implements Extent {}

  private final ExtentMap<Piece> map = new ExtentMap<>();
  private final TreeMap<Long, Piece> model = new TreeMap<>(Long::compareUnsigned);

  /** Fills, thins out and fills again, at addresses all over the 64 bits; a map must not differ. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void answersAsASortedMapDoes(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int spread = random.nextInt(44, 51);
    int most = 0;
    for (int step = 0; step < STEPS; step++) {
      boolean filling = step / (STEPS / 6) % 2 == 0;
      long start = random.nextLong() >> random.nextInt(4) & -1L << spread;
      if (random.nextInt(10) < (filling ? 7 : 3)) {
        add(new Piece(start, start + random.nextLong(1L << spread)));
      } else {
        remove(start);
      }
      most = Math.max(most, model.size());
      long address = random.nextLong();
      assertThat(map.size()).isEqualTo(model.size());
      assertThat(map.at(address)).as("seed %d step %d", seed, step).isEqualTo(holder(address));
      assertThat(map.before(address)).isEqualTo(value(model.lowerEntry(address)));
      long last = address + random.nextLong(1L << spread);
      if (Long.compareUnsigned(address, last) <= 0) {
        assertThat(map.firstIn(address, last)).isEqualTo(firstIn(address, last));
      }
      if (step % 1000 == 0) {
        assertThat(map.all()).containsExactlyElementsOf(model.values());
        for (Piece piece : model.values()) {
          assertThat(map.after(piece)).isEqualTo(value(model.higherEntry(piece.start())));
        }
      }
    }
    assertThat(most).as("enough for many runs").isGreaterThan(3 * ExtentRun.MOST);
  }

  @Test
  void reachesBothEndsOfTheAddresses() {
    Piece bottom = new Piece(0, 0);
    Piece top = new Piece(-1, -1);
    map.add(top);
    map.add(bottom);
    assertThat(map.all()).containsExactly(bottom, top);
    assertThat(map.at(-1)).isEqualTo(top);
    assertThat(map.before(0)).isNull();
    assertThat(map.before(1)).isEqualTo(bottom);
    assertThat(map.after(bottom)).isEqualTo(top);
    assertThat(map.after(top)).isNull();
    assertThat(map.firstIn(1, -2)).isNull();
    assertThat(map.firstIn(1, -1)).isEqualTo(top);
  }

  @Test
  void refusesWhatItsCallersMustNotDo() {
    map.add(new Piece(10, 19));
    assertThatIllegalStateException().isThrownBy(() -> map.add(new Piece(19, 30)));
    assertThatIllegalStateException().isThrownBy(() -> map.add(new Piece(0, 10)));
    assertThatIllegalStateException().isThrownBy(() -> map.remove(new Piece(10, 18)));
    assertThatIllegalStateException().isThrownBy(() -> map.remove(new Piece(0, 9)));
    assertThat(map.all()).containsExactly(new Piece(10, 19));
  }

  private void add(Piece piece) {
    if (Long.compareUnsigned(piece.start(), piece.last()) <= 0
        && firstIn(piece.start(), piece.last()) == null) {
      model.put(piece.start(), piece);
      map.add(piece);
    }
  }

  /** The next one above, so that something is hit. */
  private void remove(long start) {
    Piece next = value(model.ceilingEntry(start));
    if (next != null) {
      model.remove(next.start());
      map.remove(next);
    }
  }

  private @Nullable Piece holder(long address) {
    Piece floor = value(model.floorEntry(address));
    return floor != null && Long.compareUnsigned(floor.last(), address) >= 0 ? floor : null;
  }

  private @Nullable Piece firstIn(long start, long last) {
    Piece holder = holder(start);
    Piece next = holder != null ? holder : value(model.ceilingEntry(start));
    return next != null && (holder != null || Long.compareUnsigned(next.start(), last) <= 0)
        ? next
        : null;
  }

  private static @Nullable Piece value(Map.@Nullable Entry<Long, Piece> entry) {
    return entry == null ? null : entry.getValue();
  }
}
