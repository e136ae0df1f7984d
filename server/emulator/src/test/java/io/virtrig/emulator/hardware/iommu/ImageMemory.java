package io.virtrig.emulator.hardware.iommu;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A sparse memory of words. */
public final class ImageMemory implements UnitMemory {

  private record Range(long base, long size) {}

  private final List<Range> ranges = new ArrayList<>();
  private final Map<Long, Long> words = new TreeMap<>();
  private final Map<Long, Long> changed = new TreeMap<>();
  private long changes;

  /** The memory of a recorded image. */
  public static ImageMemory of(JsonObject image) {
    ImageMemory memory = new ImageMemory();
    for (JsonElement range : image.getAsJsonArray("ram")) {
      JsonArray pair = range.getAsJsonArray();
      memory.add(Long.decode(pair.get(0).getAsString()), Long.decode(pair.get(1).getAsString()));
    }
    for (Map.Entry<String, JsonElement> run : image.getAsJsonObject("memory").entrySet()) {
      long at = Long.decode(run.getKey());
      byte[] bytes = HexFormat.of().parseHex(run.getValue().getAsString());
      for (int i = 0; i < bytes.length; i++) {
        long word = (at + i) & -8L;
        int shift = (int) ((at + i) & 7) * 8;
        memory.set(word, memory.word(word) | ((bytes[i] & 0xffL) << shift));
      }
    }
    return memory;
  }

  /** Adds a range of memory. */
  public void add(long base, long size) {
    ranges.add(new Range(base, size));
  }

  /** Sets a word, as the image's. */
  public void set(long address, long word) {
    words.put(address, word);
  }

  /** What was changed since the last {@link #reset}. */
  public Map<Long, Long> changed() {
    return changed;
  }

  /** Takes back all changes. */
  public void reset() {
    changed.clear();
  }

  @Override
  public boolean holds(long address) {
    for (Range range : ranges) {
      if (Long.compareUnsigned(address - range.base, range.size) < 0) {
        return true;
      }
    }
    return false;
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

  @Override
  public boolean store(long address, long word) {
    changes++;
    changed.put(address, word);
    return holds(address);
  }

  @Override
  public long changes() {
    return changes;
  }
}
