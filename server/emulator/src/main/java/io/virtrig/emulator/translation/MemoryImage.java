package io.virtrig.emulator.translation;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.extent.Extent;
import io.virtrig.emulator.extent.ExtentMap;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.v1.MemoryBytes;
import io.virtrig.v1.MemoryRange;
import io.virtrig.v1.WalkImageRequest;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** An image of memory, by words; what a walk changes can be taken back. */
final class MemoryImage implements TableMemory {
  private static final int MOST_RANGES = 1024;

  private record Range(long start, long last) implements Extent {}

  private final ExtentMap<Range> ranges = new ExtentMap<>();
  private final Map<Long, Long> words = new HashMap<>();
  private final TreeMap<Long, Long> changed = new TreeMap<>();

  /**
   * The image of a request.
   *
   * @throws Refused when it makes no sense
   */
  MemoryImage(WalkImageRequest request) {
    if (request.getRamCount() > MOST_RANGES) {
      throw Refused.exhausted("ram", "an image has at most " + MOST_RANGES + " ranges");
    }
    for (int i = 0; i < request.getRamCount(); i++) {
      add("ram[" + i + "]", request.getRam(i));
    }
    for (MemoryBytes run : request.getMemoryList()) {
      put(run.getAddress(), run.getBytes());
    }
  }

  private void add(String field, MemoryRange range) {
    long last = range.getBase() + range.getSize() - 1;
    if (range.getSize() == 0 || Long.compareUnsigned(last, range.getBase()) < 0) {
      throw Refused.invalid(field + ".size", "the range is empty or wraps");
    }
    if (ranges.firstIn(range.getBase(), last) != null) {
      throw Refused.invalid(field, "the range overlaps another");
    }
    ranges.add(new Range(range.getBase(), last));
  }

  private void put(long address, ByteString bytes) {
    for (int i = 0; i < bytes.size(); i++) {
      long at = address + i;
      int shift = (int) (at & 7) * Byte.SIZE;
      long old = words.getOrDefault(at & -8L, 0L);
      words.put(at & -8L, (old & ~(0xffL << shift)) | ((bytes.byteAt(i) & 0xffL) << shift));
    }
  }

  /** The words changed since the last {@link #reset}. */
  SortedMap<Long, Long> changed() {
    return changed;
  }

  /** Takes back what was changed. */
  void reset() {
    changed.clear();
  }

  @Override
  public boolean holds(long address) {
    return ranges.at(address) != null;
  }

  @Override
  public long word(long address) {
    Long now = changed.get(address);
    return now != null ? now : words.getOrDefault(address, 0L);
  }

  @Override
  public boolean or(long address, long bits) {
    changed.put(address, word(address) | bits);
    return true;
  }
}
