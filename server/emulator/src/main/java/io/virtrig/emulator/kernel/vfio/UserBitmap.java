package io.virtrig.emulator.kernel.vfio;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.v1.VfioBitmap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The memory for a dirty bitmap that a caller brings along (struct vfio_bitmap), zeroed. */
final class UserBitmap {
  /** DIRTY_BITMAP_SIZE_MAX: bytes of the largest bitmap that the kernel takes. */
  static final long DIRTY_BITMAP_SIZE_MAX = 0x10000000L;

  /** Bytes of the largest bitmap that the simulator returns: 1 TiB of 4 KiB pages. */
  private static final long MOST_BYTES = 32 << 20;

  private final VfioBitmap arg;
  private final long[] words;

  /** The bitmap of an argument that has passed {@link #requireRoom}. */
  UserBitmap(VfioBitmap arg) {
    if (arg.getSize() > MOST_BYTES) {
      throw Refused.exhausted(
          "bitmap.size", "bitmaps of at most " + MOST_BYTES + " bytes are returned");
    }
    this.arg = arg;
    words = new long[(int) ((arg.getSize() + Long.BYTES - 1) / Long.BYTES)];
  }

  /**
   * verify_bitmap_size: pages are counted by the bitmap's own page size, before that is checked.
   */
  static void requireRoom(VfioBitmap arg, long covered) {
    long pages = covered >>> Long.numberOfTrailingZeros(arg.getPgsize());
    long needed = ((pages + 63) & -64) >>> 3;
    if (pages == 0 || arg.getSize() == 0) {
      throw KernelError.invalid("the bitmap has no size, or nothing to cover");
    }
    if (Long.compareUnsigned(arg.getSize(), DIRTY_BITMAP_SIZE_MAX) > 0) {
      throw KernelError.invalid(
          "the bitmap's size exceeds 0x" + Long.toHexString(DIRTY_BITMAP_SIZE_MAX));
    }
    if (Long.compareUnsigned(arg.getSize(), needed) < 0) {
      throw KernelError.invalid(
          "the bitmap's size 0x"
              + Long.toHexString(arg.getSize())
              + " is below 0x"
              + Long.toHexString(needed));
    }
  }

  /** Its page size must be the smallest that the IOMMU maps. */
  static void requirePageSize(VfioBitmap arg, long smallest) {
    if (arg.getPgsize() != smallest) {
      throw KernelError.invalid("the bitmap's pgsize is not 0x" + Long.toHexString(smallest));
    }
  }

  /** Puts a mapping's bits in. */
  void query(VfioDma mapping, long start) {
    mapping.dirty().query((mapping.start() - start) >>> 12, words);
  }

  /** The argument with the bits as {@code data}. */
  VfioBitmap filled() {
    ByteBuffer bytes =
        ByteBuffer.allocate(words.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(words);
    return arg.toBuilder().setData(ByteString.copyFrom(bytes, (int) arg.getSize())).build();
  }
}
