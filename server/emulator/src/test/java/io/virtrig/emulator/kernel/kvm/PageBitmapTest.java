package io.virtrig.emulator.kernel.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PageBitmapTest {
  private static final long SEED = 0x5eed;

  @Test
  void agreesWithABitSetOverRandomOperations() {
    SplittableRandom random = new SplittableRandom(SEED);
    for (int round = 0; round < 300; round++) {
      int pages = 1 + random.nextInt(3 * 4096 + 200);
      PageBitmap bitmap = new PageBitmap(pages);
      BitSet plain = new BitSet();
      for (int step = 0; step < 60; step++) {
        switch (random.nextInt(12)) {
          case 0 -> {
            bitmap.fill();
            plain.set(0, pages);
          }
          case 1 -> {
            bitmap.clear();
            plain.clear();
          }
          case 2, 3, 4 -> clearSome(random, pages, bitmap, plain);
          default -> {
            int page = random.nextInt(pages);
            bitmap.set(page);
            plain.set(page);
            assertThat(bitmap.get(page)).isTrue();
          }
        }
        byte[] expected = Arrays.copyOf(plain.toByteArray(), (pages + 63) / 64 * 8);
        assertThat(bitmap.toBytes().toByteArray())
            .as("seed %x, round %d, step %d, %d pages", SEED, round, step, pages)
            .isEqualTo(expected);
      }
    }
  }

  private static void clearSome(
      SplittableRandom random, int pages, PageBitmap bitmap, BitSet plain) {
    int first = random.nextInt((pages + 63) / 64) * 64;
    int words = 1 + random.nextInt((pages - first + 63) / 64);
    byte[] bits = new byte[8 * words];
    random.nextBytes(bits);
    if (random.nextBoolean()) {
      Arrays.fill(bits, (byte) 0xff);
    }
    bitmap.clear(first, words, ByteString.copyFrom(bits));
    BitSet cleared = BitSet.valueOf(bits);
    cleared.stream().forEach(bit -> plain.clear(first + bit));
  }

  @Test
  void afterEveryPageOfAFilledBitmapIsClearedItIsAsNew() {
    int pages = 2 * 4096 + 70;
    PageBitmap bitmap = new PageBitmap(pages);
    bitmap.fill();
    byte[] ones = new byte[(pages + 63) / 64 * 8];
    Arrays.fill(ones, (byte) 0xff);
    bitmap.clear(0, ones.length / 8, ByteString.copyFrom(ones));
    assertThat(bitmap.hash()).isEqualTo(new PageBitmap(pages).hash());
  }

  @Test
  void aTerabyteIsTwoBitsAwayFromItsBytes() {
    long pages = 1L << 28;
    PageBitmap bitmap = new PageBitmap(pages);
    bitmap.set(0);
    bitmap.set(pages - 1);
    ByteString bytes = bitmap.toBytes();
    assertThat(bytes.size()).isEqualTo(32 << 20);
    assertThat(bytes.byteAt(0)).isEqualTo((byte) 1);
    assertThat(bytes.byteAt(1)).isZero();
    assertThat(bytes.byteAt((16 << 20) + 5)).isZero();
    assertThat(bytes.byteAt(bytes.size() - 1)).isEqualTo((byte) 0x80);
  }
}
