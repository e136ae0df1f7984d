package io.virtrig.emulator.extent;

import io.virtrig.emulator.state.Tally;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Extents that never overlap, by address. Everything is O(log n) in the number of extents, whatever
 * their size.
 *
 * @param <E> the extents
 */
public final class ExtentMap<E extends Extent> {

  private final TreeMap<Long, E> byStart = new TreeMap<>(UNSIGNED);

  /** Counts the extents of all maps of a kind; null when nobody does. */
  private final @Nullable Tally tally;

  private static final Comparator<Long> UNSIGNED = Long::compareUnsigned;

  /** An empty map. */
  public ExtentMap() {
    tally = null;
  }

  /** An empty map whose extents are counted. */
  public ExtentMap(Tally tally) {
    this.tally = tally;
  }

  /** How many there are. */
  public int size() {
    return byStart.size();
  }

  /** Whether there is none. */
  public boolean isEmpty() {
    return byStart.isEmpty();
  }

  /** The extent that holds the address. */
  public @Nullable E at(long address) {
    Map.Entry<Long, E> floor = byStart.floorEntry(address);
    return floor != null && Long.compareUnsigned(floor.getValue().last(), address) >= 0
        ? floor.getValue()
        : null;
  }

  /** The lowest extent that has an address in [start, last]. */
  public @Nullable E firstIn(long start, long last) {
    E at = at(start);
    if (at != null) {
      return at;
    }
    Map.Entry<Long, E> next = byStart.ceilingEntry(start);
    return next != null && Long.compareUnsigned(next.getKey(), last) <= 0 ? next.getValue() : null;
  }

  /** The lowest extent above this one. */
  public @Nullable E after(E extent) {
    Map.Entry<Long, E> next = byStart.higherEntry(extent.start());
    return next == null ? null : next.getValue();
  }

  /** The extent below this one. */
  public @Nullable E before(long start) {
    Map.Entry<Long, E> lower = byStart.lowerEntry(start);
    return lower == null ? null : lower.getValue();
  }

  /** Adds an extent, which must not overlap another. */
  public void add(E extent) {
    if (firstIn(extent.start(), extent.last()) != null) {
      throw new IllegalStateException("extents overlap");
    }
    byStart.put(extent.start(), extent);
    if (tally != null) {
      tally.add(1);
    }
  }

  /** Removes an extent that is there. */
  public void remove(E extent) {
    if (!extent.equals(byStart.remove(extent.start()))) {
      throw new IllegalStateException("no such extent");
    }
    if (tally != null) {
      tally.add(-1);
    }
  }

  /** All, by address; not to be changed meanwhile. */
  public Collection<E> all() {
    return byStart.values();
  }
}
