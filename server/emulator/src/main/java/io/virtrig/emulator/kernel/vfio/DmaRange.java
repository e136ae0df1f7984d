package io.virtrig.emulator.kernel.vfio;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.extent.ExtentMap;

/** What type1 asks of a range of addresses, in the words of its refusals. */
final class DmaRange {

  private DmaRange() {}

  static void requireAligned(String field, long value, long mask) {
    if ((value & mask) != 0) {
      throw KernelError.invalid(
          field
              + " 0x"
              + hex(value)
              + " is not aligned to the minimum page size 0x"
              + hex(mask + 1));
    }
  }

  static void requireNoWrap(String field, long start, long size) {
    if (Long.compareUnsigned(start + size - 1, start) < 0) {
      throw KernelError.invalid(field + " 0x" + hex(start) + " + size 0x" + hex(size) + " wraps");
    }
  }

  static String hex(long value) {
    return Long.toHexString(value);
  }

  /** The range may not cut a mapping at its start or end. */
  static void requireWhole(ExtentMap<VfioDma> mappings, long start, long last) {
    VfioDma first = mappings.at(start);
    if (first != null && first.start() != start) {
      throw KernelError.invalid("the range begins inside the mapping at 0x" + hex(first.start()));
    }
    VfioDma end = mappings.at(last);
    if (end != null && end.last() != last) {
      throw KernelError.invalid("the range ends inside the mapping at 0x" + hex(end.start()));
    }
  }
}
