package io.virtrig.emulator.extent;

import io.virtrig.emulator.state.Tally;
import java.util.AbstractCollection;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * Extents that never overlap, by address. What is asked costs O(log n) in the number of extents,
 * whatever their size; what changes it costs a move of up to {@link ExtentRun#MOST} references
 * more, and now and then one of all runs' addresses.
 *
 * <p>Extents stand in runs, runs in an array: a tree of two levels, whose addresses are searched
 * without touching the extents.
 *
 * @param <E> the extents; their first address does not change while they are in a map
 */
public final class ExtentMap<E extends Extent> {
  private static final long[] NO_ADDRESSES = {};
  private static final ExtentRun<?>[] NO_RUNS = {};

  /** The first address of each run. */
  private long[] firsts = NO_ADDRESSES;

  /** By address; none is empty, but for the one that stays when the map is. */
  private ExtentRun<E>[] runs = none();

  private int runCount;
  private int size;

  /** Counts the extents of all maps of a kind; null when nobody does. */
  private final @Nullable Tally tally;

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
    return size;
  }

  /** Whether there is none. */
  public boolean isEmpty() {
    return size == 0;
  }

  /** The extent that holds the address. */
  public @Nullable E at(long address) {
    int run = runOf(address);
    if (run < 0) {
      return null;
    }
    E floor = runs[run].get(runs[run].floor(address));
    return Long.compareUnsigned(floor.last(), address) >= 0 ? floor : null;
  }

  /** The lowest extent that has an address in [start, last]. */
  public @Nullable E firstIn(long start, long last) {
    int run = runOf(start);
    int index = run < 0 ? -1 : runs[run].floor(start);
    return firstIn(run, index, start, last);
  }

  /** The same, where the place of the greatest extent that begins at or below start is known. */
  private @Nullable E firstIn(int run, int index, long start, long last) {
    if (run >= 0) {
      E floor = runs[run].get(index);
      if (Long.compareUnsigned(floor.last(), start) >= 0) {
        return floor;
      }
    }
    E next = next(run, index);
    return next != null && Long.compareUnsigned(next.start(), last) <= 0 ? next : null;
  }

  /** The lowest extent above this one. */
  public @Nullable E after(E extent) {
    int run = runOf(extent.start());
    return next(run, run < 0 ? -1 : runs[run].floor(extent.start()));
  }

  /** The extent below this one. */
  public @Nullable E before(long start) {
    if (start == 0) {
      return null;
    }
    int run = runOf(start - 1);
    return run < 0 ? null : runs[run].get(runs[run].floor(start - 1));
  }

  /** Adds an extent, which must not overlap another. */
  public void add(E extent) {
    int run = runOf(extent.start());
    int index = run < 0 ? -1 : runs[run].floor(extent.start());
    if (firstIn(run, index, extent.start(), extent.last()) != null) {
      throw new IllegalStateException("extents overlap");
    }
    if (runCount == 0) {
      firstRun();
    }
    insert(Math.max(run, 0), index + 1, extent);
    size++;
    if (tally != null) {
      tally.add(1);
    }
  }

  private void insert(int run, int index, E extent) {
    if (runs[run].isFull()) {
      // What comes in order fills its runs.
      boolean append = run == runCount - 1 && index == runs[run].size();
      insertRun(run + 1, append ? new ExtentRun<>() : runs[run].split());
      if (append || index > runs[run].size()) {
        index -= runs[run].size();
        run++;
      }
    }
    runs[run].insert(index, extent);
    firsts[run] = runs[run].first();
  }

  /** Removes an extent that is there. */
  public void remove(E extent) {
    int run = runOf(extent.start());
    int index = run < 0 ? -1 : runs[run].floor(extent.start());
    if (run < 0 || !extent.equals(runs[run].get(index))) {
      throw new IllegalStateException("no such extent");
    }
    runs[run].remove(index);
    size--;
    if (runs[run].isEmpty()) {
      removeRun(run);
    } else {
      firsts[run] = runs[run].first();
      if (run + 1 < runCount && runs[run].takes(runs[run + 1])) {
        runs[run].append(runs[run + 1]);
        removeRun(run + 1);
      }
    }
    if (tally != null) {
      tally.add(-1);
    }
  }

  /** All, by address; not to be changed meanwhile. */
  public Collection<E> all() {
    return new AbstractCollection<>() {
      @Override
      public Iterator<E> iterator() {
        return new InOrder();
      }

      @Override
      public int size() {
        return size;
      }
    };
  }

  /** The run of the greatest extent that begins at or below the address; -1: there is none. */
  private int runOf(long address) {
    return ExtentRun.floor(firsts, runCount, address);
  }

  private @Nullable E next(int run, int index) {
    if (run >= 0 && index + 1 < runs[run].size()) {
      return runs[run].get(index + 1);
    }
    return run + 1 < runCount ? runs[run + 1].get(0) : null;
  }

  private void firstRun() {
    if (runs.length == 0) {
      insertRun(0, new ExtentRun<>());
    } else {
      runCount = 1;
    }
  }

  private void insertRun(int at, ExtentRun<E> run) {
    if (runCount == runs.length) {
      int capacity = runCount + (runCount >> 1) + 1;
      firsts = Arrays.copyOf(firsts, capacity);
      runs = Arrays.copyOf(runs, capacity);
    }
    System.arraycopy(firsts, at, firsts, at + 1, runCount - at);
    System.arraycopy(runs, at, runs, at + 1, runCount - at);
    runs[at] = run;
    firsts[at] = run.isEmpty() ? 0 : run.first();
    runCount++;
  }

  @SuppressWarnings("NullAway") // What is beyond the count is not looked at.
  private void removeRun(int at) {
    runCount--;
    if (runCount == 0) {
      // It stays for the extents to come: many a map has one at a time.
      return;
    }
    System.arraycopy(firsts, at + 1, firsts, at, runCount - at);
    System.arraycopy(runs, at + 1, runs, at, runCount - at);
    runs[runCount] = null;
  }

  @SuppressWarnings("unchecked") // It has no members.
  private static <E extends Extent> ExtentRun<E>[] none() {
    return (ExtentRun<E>[]) NO_RUNS;
  }

  private final class InOrder implements Iterator<E> {
    private int run;
    private int index;

    @Override
    public boolean hasNext() {
      return run < runCount;
    }

    @Override
    public E next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      E extent = runs[run].get(index);
      index++;
      if (index == runs[run].size()) {
        run++;
        index = 0;
      }
      return extent;
    }
  }
}
