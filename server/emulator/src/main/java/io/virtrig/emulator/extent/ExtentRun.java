package io.virtrig.emulator.extent;

import java.util.Arrays;

/** Neighbouring extents of a map, by address, and their first addresses apart from them. */
final class ExtentRun<E extends Extent> {
  /** The most extents of a run: moving half of them costs as much as a miss of the cache. */
  static final int MOST = 64;

  private static final int LEAST_CAPACITY = 4;

  private long[] starts = new long[LEAST_CAPACITY];
  private Object[] extents = new Object[LEAST_CAPACITY];
  private int size;

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  boolean isFull() {
    return size == MOST;
  }

  long first() {
    return starts[0];
  }

  @SuppressWarnings("unchecked") // Nothing else is put in.
  E get(int index) {
    return (E) extents[index];
  }

  /** The index of the greatest extent that begins at or below the address; -1: there is none. */
  int floor(long address) {
    return floor(starts, size, address);
  }

  /** The same in any ascending addresses. */
  static int floor(long[] ascending, int size, long address) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(ascending[middle], address) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  void insert(int index, E extent) {
    require(size + 1);
    if (index < size) {
      System.arraycopy(starts, index, starts, index + 1, size - index);
      System.arraycopy(extents, index, extents, index + 1, size - index);
    }
    starts[index] = extent.start();
    extents[index] = extent;
    size++;
  }

  @SuppressWarnings("NullAway") // What is beyond the size is not looked at.
  void remove(int index) {
    size--;
    if (index < size) {
      System.arraycopy(starts, index + 1, starts, index, size - index);
      System.arraycopy(extents, index + 1, extents, index, size - index);
    }
    extents[size] = null;
  }

  /** Takes the upper half out. */
  ExtentRun<E> split() {
    ExtentRun<E> upper = new ExtentRun<>();
    int half = size / 2;
    upper.starts = Arrays.copyOfRange(starts, half, starts.length);
    upper.extents = Arrays.copyOfRange(extents, half, extents.length);
    upper.size = size - half;
    Arrays.fill(extents, half, size, null);
    size = half;
    return upper;
  }

  /** Whether another's extents have room here, with as many again. */
  boolean takes(ExtentRun<E> other) {
    return size + other.size <= MOST / 2;
  }

  /** Takes the extents of the run that follows. */
  void append(ExtentRun<E> next) {
    require(size + next.size);
    System.arraycopy(next.starts, 0, starts, size, next.size);
    System.arraycopy(next.extents, 0, extents, size, next.size);
    size += next.size;
  }

  private void require(int capacity) {
    if (capacity > starts.length) {
      int grown = Math.max(capacity, Math.min(MOST, starts.length * 2));
      starts = Arrays.copyOf(starts, grown);
      extents = Arrays.copyOf(extents, grown);
    }
  }
}
