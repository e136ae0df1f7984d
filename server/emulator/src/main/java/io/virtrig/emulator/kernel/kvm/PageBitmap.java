package io.virtrig.emulator.kernel.kvm;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.virtrig.emulator.state.StateHash;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.agrona.collections.Int2ObjectHashMap;

/**
 * A bit for each page of a slot, sparse: it costs what differs from the beginning, not what the
 * slot is large.
 *
 * <p>How it works. Bits lie in leaves of {@value #LEAF_PAGES} pages. A leaf that is not in the map
 * has all bits alike: clear, or set once the bitmap was filled. As bytes, such runs share a few
 * constants.
 */
final class PageBitmap {
  private static final int LEAF_WORDS = 64;
  private static final int LEAF_PAGES = 64 * LEAF_WORDS;
  private static final int LEAF_BYTES = 8 * LEAF_WORDS;

  /** Stands for a leaf without a set bit in a bitmap that was filled. Never written. */
  private static final long[] EMPTY = new long[LEAF_WORDS];

  private static final ByteString ZEROS = constant((byte) 0);
  private static final ByteString ONES = constant((byte) 0xff);

  private final long pages;
  private final Int2ObjectHashMap<long[]> leaves = new Int2ObjectHashMap<>();
  private boolean filled;

  /** All bits clear. */
  PageBitmap(long pages) {
    this.pages = pages;
  }

  private static ByteString constant(byte value) {
    byte[] bytes = new byte[64 * LEAF_BYTES];
    Arrays.fill(bytes, value);
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  /** Whether it is the leaf that stands for an empty one. */
  @SuppressWarnings("ReferenceEquality")
  private static boolean shared(long[] leaf) {
    return leaf == EMPTY;
  }

  private static boolean empty(long[] leaf) {
    for (long word : leaf) {
      if (word != 0) {
        return false;
      }
    }
    return true;
  }

  /** Words of a leaf: only those that have pages. */
  private int leafWords(int index) {
    return (int) Math.min(LEAF_WORDS, (pages + 63) / 64 - (long) index * LEAF_WORDS);
  }

  private int leafCount() {
    return (int) ((pages + LEAF_PAGES - 1) / LEAF_PAGES);
  }

  /** Bytes of the bitmap as the kernel gives it: whole 64-bit words. */
  static long bytes(long pages) {
    return (pages + 63) / 64 * 8;
  }

  /** Sets every page's bit. */
  void fill() {
    leaves.clear();
    filled = true;
    int rest = (int) (pages % LEAF_PAGES);
    if (rest != 0) {
      long[] last = new long[leafWords(leafCount() - 1)];
      Arrays.fill(last, 0, rest / 64, -1L);
      if (rest % 64 != 0) {
        last[rest / 64] = (1L << rest % 64) - 1;
      }
      leaves.put(leafCount() - 1, last);
    }
  }

  /** Clears every page's bit. */
  void clear() {
    leaves.clear();
    filled = false;
  }

  boolean get(long page) {
    long[] leaf = leaves.get((int) (page / LEAF_PAGES));
    if (leaf == null) {
      return filled;
    }
    return (leaf[(int) (page % LEAF_PAGES) / 64] & 1L << page) != 0;
  }

  void set(long page) {
    int index = (int) (page / LEAF_PAGES);
    long[] leaf = leaves.get(index);
    if (leaf == null || shared(leaf)) {
      if (leaf == null && filled) {
        return;
      }
      leaf = new long[leafWords(index)];
      leaves.put(index, leaf);
    }
    leaf[(int) (page % LEAF_PAGES) / 64] |= 1L << page;
  }

  /**
   * Clears the bits that a bitmap has set.
   *
   * @param first the page of the bitmap's first bit, a multiple of 64
   * @param words how many 64-bit words of the bitmap count
   * @param bits the bitmap; bits beyond the last page are ignored
   */
  void clear(long first, int words, ByteString bits) {
    ByteBuffer from = bits.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    int done = 0;
    while (done < words) {
      long page = first + 64L * done;
      int inLeaf = (int) (page % LEAF_PAGES) / 64;
      int piece = Math.min(words - done, LEAF_WORDS - inLeaf);
      clearInLeaf((int) (page / LEAF_PAGES), inLeaf, from, piece);
      done += piece;
    }
    if (filled && leaves.size() == leafCount() && allEmpty()) {
      clear();
    }
  }

  private void clearInLeaf(int index, int inLeaf, ByteBuffer from, int words) {
    long[] leaf = leaves.get(index);
    if (leaf == null ? !filled : shared(leaf)) {
      from.position(from.position() + 8 * words);
      return;
    }
    if (leaf == null) {
      leaf = new long[leafWords(index)];
      Arrays.fill(leaf, -1L);
      leaves.put(index, leaf);
    }
    for (int word = inLeaf; word < inLeaf + words; word++) {
      leaf[word] &= ~from.getLong();
    }
    if (empty(leaf)) {
      if (filled) {
        leaves.put(index, EMPTY);
      } else {
        leaves.remove(index);
      }
    }
  }

  private boolean allEmpty() {
    for (long[] leaf : leaves.values()) {
      if (!shared(leaf)) {
        return false;
      }
    }
    return true;
  }

  private int[] sortedLeaves() {
    int[] indexes = new int[leaves.size()];
    int count = 0;
    Int2ObjectHashMap<long[]>.KeyIterator keys = leaves.keySet().iterator();
    while (keys.hasNext()) {
      indexes[count++] = keys.nextInt();
    }
    Arrays.sort(indexes);
    return indexes;
  }

  /**
   * The bitmap in memory order: bit 0 of byte 0 is the first page, whole 64-bit words. There must
   * be less than 2 GiB of it.
   */
  ByteString toBytes() {
    int size = (int) bytes(pages);
    ByteString result = ByteString.EMPTY;
    for (int index : sortedLeaves()) {
      result = result.concat(run(index * LEAF_BYTES - result.size()));
      result =
          result.concat(leafBytes(leaves.get(index), Math.min(LEAF_BYTES, size - result.size())));
    }
    return result.concat(run(size - result.size()));
  }

  private static ByteString leafBytes(long[] leaf, int size) {
    ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(leaf, 0, size / 8);
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  /** Bytes of leaves that are not in the map. */
  private ByteString run(int size) {
    ByteString chunk = filled ? ONES : ZEROS;
    ByteString result = ByteString.EMPTY;
    int left = size;
    while (left > 0) {
      ByteString piece = chunk;
      while (piece.size() <= left / 2) {
        piece = piece.concat(piece);
      }
      piece = piece.substring(0, Math.min(left, piece.size()));
      result = result.concat(piece);
      left -= piece.size();
    }
    return result;
  }

  /** A hash of the bits, for the host's state. */
  long hash() {
    long hash = filled ? 1 : 0;
    for (int index : sortedLeaves()) {
      hash = hash * 31 + index;
      hash = hash * 31 + StateHash.ofWords(leaves.get(index));
    }
    return hash;
  }
}
