package io.virtrig.emulator.hardware.iommu.vtd;

/** Where the bits of paging entries lie, and how levels divide an address. */
final class PagingEntry {
  /** Levels of the deepest tables. */
  static final int MOST_LEVELS = 5;

  /** First level: present. */
  static final long FL_P = 1L;

  /** First level: writable. */
  static final long FL_RW = 1L << 1;

  /** First level: for users. */
  static final long FL_US = 1L << 2;

  /** First level: accessed. */
  static final long FL_A = 1L << 5;

  /** First level: dirty. */
  static final long FL_D = 1L << 6;

  /** First level: accessed by a device. */
  static final long FL_EA = 1L << 10;

  /** Second level: readable. */
  static final long SL_R = 1L;

  /** Second level: writable. */
  static final long SL_W = 1L << 1;

  /** Second level: accessed. */
  static final long SL_A = 1L << 8;

  /** Second level: dirty. */
  static final long SL_D = 1L << 9;

  /** Second level: accesses are snooped. */
  static final long SL_SNP = 1L << 11;

  /** Second level: a device may cache what it translates to for itself only. */
  static final long SL_TM = 1L << 62;

  /** Both levels, above the lowest table: the entry is a page. */
  static final long PS = 1L << 7;

  /** Bits 51 to 12. */
  private static final long ADDRESS = 0x000f_ffff_ffff_f000L;

  /** First level, in a large page: the memory type's third bit, at the lowest address bit. */
  private static final long FL_PAT = 1L << 12;

  private PagingEntry() {}

  /** Lowest input bit that the level's index has. */
  static int shift(int level) {
    return 3 + 9 * level;
  }

  /** The level whose pages have this many offset bits. */
  static int level(int shift) {
    return (shift - 3) / 9;
  }

  /** Input bits that this many levels translate. */
  static int width(int levels) {
    return shift(levels + 1);
  }

  /** Byte offset, in its table, of the entry for an input address. */
  static long offset(long input, int level) {
    return (input >>> shift(level) & 0x1ff) << 3;
  }

  /** What an entry of any level points to. */
  static long address(long entry) {
    return entry & ADDRESS;
  }

  /** The address that a page of this level gives to an input address. */
  static long output(long leaf, int level, long input) {
    long within = (1L << shift(level)) - 1;
    return (leaf & ADDRESS & ~within) | (input & within);
  }

  /** Bits of a first-level entry that must be zero. */
  static long firstReserved(VtdCapabilities capabilities, int level, boolean page) {
    long reserved = capabilities.beyondHost() & ADDRESS;
    if (level > 1 && page) {
      reserved |= capabilities.firstLevelPage(level) ? lowAddress(level) & ~FL_PAT : PS;
    }
    return reserved;
  }

  /** Bits of a second-level entry that must be zero. */
  static long secondReserved(
      VtdCapabilities capabilities, int level, boolean page, boolean scalable) {
    long reserved = capabilities.beyondHost() & ADDRESS;
    if (level > 1 && page) {
      reserved |= capabilities.secondLevelPage(level) ? lowAddress(level) : PS;
    }
    boolean leaf = level == 1 || page;
    if (!leaf || (!scalable && !capabilities.extended(VtdCapabilities.ECAP_SC))) {
      reserved |= SL_SNP;
    }
    if (!capabilities.extended(VtdCapabilities.ECAP_DT)) {
      reserved |= SL_TM;
    }
    return reserved;
  }

  /** Address bits below a page of the level. */
  private static long lowAddress(int level) {
    return ((1L << shift(level)) - 1) & ADDRESS;
  }
}
