package io.virtrig.emulator.kernel.vfio;

import io.virtrig.emulator.state.StateHash;
import java.util.Arrays;

/**
 * A mapping's dirty bits, as 64-bit words.
 *
 * <p>How it works. No device here can say what it wrote, so a query first sets the bits of all
 * pages. The caller's bitmap begins at the queried start, which the mapping need not share: its
 * words are shifted in place, without a mask above the last page, ORed with what the caller's first
 * word has, and copied. Only the page bits are cleared afterwards, so bits that were shifted beyond
 * them stay and come back in later queries, as they do on Linux (update_user_bitmap and
 * vfio_dma_populate_bitmap in vfio_iommu_type1.c).
 */
final class DirtyWords {
  private final long pages;
  private final long[] words;

  /** Clean words for so many pages, and one word more for what is shifted out. */
  DirtyWords(long pages) {
    this.pages = pages;
    words = new long[(int) ((pages + 63) / 64) + 1];
  }

  /**
   * A query: every page is dirty.
   *
   * @param offset pages from the queried start to the mapping's first
   * @param bitmap the caller's words
   */
  void query(long offset, long[] bitmap) {
    int shift = (int) (offset & 63);
    int first = (int) (offset >>> 6);
    int count = (int) ((pages + shift + 63) / 64);
    fill(true);
    if (shift != 0) {
      for (int i = count - 1; i > 0; i--) {
        words[i] = words[i] << shift | words[i - 1] >>> (64 - shift);
      }
      words[0] = words[0] << shift | bitmap[first];
    }
    System.arraycopy(words, 0, bitmap, first, Math.min(count, bitmap.length - first));
    fill(false);
  }

  /** Sets or clears the bits of the pages, and no others. */
  private void fill(boolean dirty) {
    int full = (int) (pages >>> 6);
    Arrays.fill(words, 0, full, dirty ? -1L : 0);
    int rest = (int) (pages & 63);
    if (rest != 0) {
      long mask = (1L << rest) - 1;
      words[full] = dirty ? words[full] | mask : words[full] & ~mask;
    }
  }

  boolean clean() {
    for (long word : words) {
      if (word != 0) {
        return false;
      }
    }
    return true;
  }

  /** A hash of the words, for the host's state. */
  long hash() {
    return StateHash.ofWords(words);
  }
}
