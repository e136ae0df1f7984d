package io.virtrig.emulator.hardware.iommu.smmuv3;

/** Where the bits of translation table descriptors lie, and how levels divide an address. */
final class Descriptor {
  /** The level of pages. */
  static final int LAST_LEVEL = 3;

  /** In place of an address: there is none, and the event says why. */
  static final long FAULTED = -1;

  static final long STAGE_1_USER = 1L << 6;
  static final long STAGE_1_READ_ONLY = 1L << 7;
  static final long STAGE_2_READ = 1L << 6;
  static final long STAGE_2_WRITE = 1L << 7;
  static final long ACCESS_FLAG = 1L << 10;

  /** In a stage 1 leaf: it belongs to an ASID. */
  static final long NOT_GLOBAL = 1L << 11;

  /** In a stage 1 table descriptor: nothing below is for users. */
  static final long TABLE_NO_USER = 1L << 61;

  /** In a stage 1 table descriptor: nothing below is writable. */
  static final long TABLE_READ_ONLY = 1L << 62;

  private static final long VALID = 1L;
  private static final long TABLE_OR_PAGE = 1L << 1;
  private static final long ADDRESS = 0x0000_ffff_ffff_f000L;

  private Descriptor() {}

  /** Lowest input bit that the level's index has. */
  static int shift(int level) {
    return 12 + 9 * (LAST_LEVEL - level);
  }

  /** The level whose pages have this many offset bits. */
  static int level(int shift) {
    return LAST_LEVEL - (shift - 12) / 9;
  }

  /** Whether a descriptor is valid at a level: pages only at the last, blocks only at 1 and 2. */
  static boolean valid(long descriptor, int level) {
    if ((descriptor & VALID) == 0) {
      return false;
    }
    return (descriptor & TABLE_OR_PAGE) != 0 || level == 1 || level == 2;
  }

  /** Whether a valid descriptor is a page or block. */
  static boolean leaf(long descriptor, int level) {
    return level == LAST_LEVEL || (descriptor & TABLE_OR_PAGE) == 0;
  }

  /** The next table. */
  static long table(long descriptor) {
    return descriptor & ADDRESS;
  }

  /** The address that a leaf gives to an input address. */
  static long output(long leaf, int level, long input) {
    long within = (1L << shift(level)) - 1;
    return (leaf & ADDRESS & ~within) | (input & within);
  }
}
