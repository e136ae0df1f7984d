package io.virtrig.graph;

/** Counts and sizes for people. */
final class Amount {

  private static final String[] UNITS = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  private static final long PAGE = 4096;

  private Amount() {}

  /** E.g. {@code 1 slot}, {@code 2 slots}. */
  static String of(long count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }

  /** In the largest unit that divides it, or with a decimal. */
  static String bytes(long count) {
    int unit = 0;
    long whole = count;
    while (unit < UNITS.length - 1
        && Long.compareUnsigned(whole, 1023) > 0
        && (whole & 1023) == 0) {
      whole >>>= 10;
      unit++;
    }
    if (Long.compareUnsigned(whole, 10240) < 0) {
      return whole + " " + UNITS[unit];
    }
    double rough = whole >= 0 ? whole : 0x1p64 + whole;
    while (unit < UNITS.length - 1 && rough >= 1024) {
      rough /= 1024;
      unit++;
    }
    long tenths = Math.round(rough * 10);
    return tenths / 10 + "." + tenths % 10 + " " + UNITS[unit];
  }

  static String pages(long count) {
    return bytes(count * PAGE);
  }
}
