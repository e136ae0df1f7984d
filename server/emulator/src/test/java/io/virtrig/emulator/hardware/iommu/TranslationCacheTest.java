package io.virtrig.emulator.hardware.iommu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TranslationCacheTest {
  private static final int[] SHIFTS = {12, 21, 30};

  private record Entry(int kind, int domain, int space, int shift, long page, long target) {}

  /** Against a list in the order of use. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 16, 100})
  void behavesAsAListByUse(int limit) {
    Random random = new Random(limit);
    TranslationCache cache = new TranslationCache(limit);
    List<Entry> model = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      int kind = random.nextInt(2);
      int domain = random.nextInt(3);
      int space = random.nextInt(3) - 1;
      long address = (long) random.nextInt(8) << 30 | (long) random.nextInt(8) << 12;
      int shift = SHIFTS[random.nextInt(3)];
      switch (random.nextInt(10)) {
        case 0, 1, 2, 3 -> {
          model.removeIf(
              e -> same(e, kind, domain, space) && e.shift == shift && e.page == address >>> shift);
          model.add(new Entry(kind, domain, space, shift, address >>> shift, i));
          if (model.size() > limit) {
            model.removeFirst();
          }
          cache.add(kind, domain, space, address, shift, i, 0);
        }
        case 4 -> {
          model.removeIf(e -> e.domain == domain && e.space == space);
          cache.removeIf(slot -> cache.domain(slot) == domain && cache.space(slot) == space);
        }
        case 5 -> {
          long last = address + 0x2fff;
          model.removeIf(e -> e.page >= address >>> e.shift && e.page <= last >>> e.shift);
          cache.removeIf(slot -> cache.touches(slot, address, last));
        }
        default -> {
          Entry found =
              model.stream()
                  .filter(e -> same(e, kind, domain, space) && e.page == address >>> e.shift)
                  .min(Comparator.comparingInt(Entry::shift))
                  .orElse(null);
          int slot = cache.find(kind, domain, space, address);
          assertThat(slot == TranslationCache.NONE).isEqualTo(found == null);
          if (found != null) {
            assertThat(cache.target(slot)).isEqualTo(found.target);
            model.remove(found);
            model.add(found);
          }
        }
      }
      assertThat(cache.size()).isEqualTo(model.size());
    }
  }

  private static boolean same(Entry e, int kind, int domain, int space) {
    return e.kind == kind && e.domain == domain && e.space == space;
  }

  @Test
  void keepsNothingWithoutRoom() {
    TranslationCache cache = new TranslationCache(0);
    assertThat(cache.add(0, 0, 0, 0x1000, 12, 0x2000, 0)).isEqualTo(TranslationCache.NONE);
    assertThat(cache.find(0, 0, 0, 0x1000)).isEqualTo(TranslationCache.NONE);
  }
}
