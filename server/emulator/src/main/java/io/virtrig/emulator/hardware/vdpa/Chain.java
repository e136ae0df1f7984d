package io.virtrig.emulator.hardware.vdpa;

import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import java.util.Arrays;

/**
 * A chain of descriptors as a device sees it: the parts it may read, then those it may write. One
 * object serves all chains of a queue, one after another; its arrays only grow.
 */
final class Chain {
  /** The most parts: a limit of the simulator, beyond what a ring without loops can hold. */
  private static final int MOST_PARTS = 1 << 16;

  private static final int WORK_A_PART = 64;

  private long[] addresses = new long[16];
  private long[] lengths = new long[16];
  private int parts;
  private int readable;

  /** The head's index in a split ring, the buffer id in a packed one. */
  private int id;

  /** Descriptors of a packed ring that it takes up. */
  private int slots;

  /** The parts to be read. */
  final Cursor reader = new Cursor();

  /** The parts to be written. */
  final Cursor writer = new Cursor();

  void clear() {
    parts = 0;
    readable = 0;
  }

  /** Adds a part; false when it cannot hold more. */
  boolean add(long address, long length, boolean write) {
    if (parts == MOST_PARTS) {
      return false;
    }
    if (parts == addresses.length) {
      addresses = Arrays.copyOf(addresses, 2 * parts);
      lengths = Arrays.copyOf(lengths, 2 * parts);
    }
    addresses[parts] = address;
    lengths[parts++] = length;
    if (!write) {
      readable = parts;
    }
    return true;
  }

  /** All parts are there. */
  void close(int newId, int newSlots) {
    id = newId;
    slots = newSlots;
    reader.set(0, readable);
    writer.set(readable, parts);
  }

  int id() {
    return id;
  }

  int slots() {
    return slots;
  }

  /** The parts to be written, from their start again. */
  void rewindWriter() {
    writer.set(readable, parts);
  }

  /** What handling it costs at least, in bytes moved. */
  long work() {
    return WORK_A_PART * (parts + 1L);
  }

  boolean anyReadable() {
    return readable > 0;
  }

  boolean anyWritable() {
    return parts > readable;
  }

  /** Length of the last part. */
  long lastLength() {
    return lengths[parts - 1];
  }

  /** Goes through the parts of one kind, whatever their borders (struct vringh_kiov). */
  final class Cursor {
    private int part;
    private int end;

    /** How much of the part has been passed. */
    private long passed;

    private void set(int from, int to) {
      part = from;
      end = to;
      passed = 0;
    }

    /** Bytes from here to the end. */
    long left() {
      long left = -passed;
      for (int i = part; i < end; i++) {
        left += lengths[i];
      }
      return left;
    }

    /** Skips bytes, at most to the end. */
    void skip(long count) {
      long left = count;
      while (left != 0 && part < end) {
        left -= step(left);
      }
    }

    private long inPart(long wanted) {
      return Long.compareUnsigned(lengths[part] - passed, wanted) < 0
          ? lengths[part] - passed
          : wanted;
    }

    private long step(long wanted) {
      long piece = inPart(wanted);
      passed += piece;
      if (passed == lengths[part]) {
        part++;
        passed = 0;
      }
      return piece;
    }

    /**
     * Reads up to {@code length} bytes.
     *
     * @return how many there were; -1 when a part is refused, with those before it read
     */
    int pull(Translations iotlb, byte[] to, int at, int length) {
      int done = 0;
      while (done < length && part < end) {
        int piece = (int) inPart(length - done);
        if (!iotlb.read(addresses[part] + passed, to, at + done, piece)) {
          return -1;
        }
        done += (int) step(length - done);
      }
      return done;
    }

    /** Writes, as {@link #pull} reads. */
    int push(Translations iotlb, byte[] from, int at, int length) {
      int done = 0;
      while (done < length && part < end) {
        int piece = (int) inPart(length - done);
        if (!iotlb.write(addresses[part] + passed, from, at + done, piece)) {
          return -1;
        }
        done += (int) step(length - done);
      }
      return done;
    }

    /** As {@link #pull}, to another memory. */
    long pull(Translations iotlb, PhysicalMemory to, long at, long length, byte[] buffer) {
      long done = 0;
      while (done < length && part < end) {
        long piece = inPart(length - done);
        if (!iotlb.copyTo(addresses[part] + passed, piece, to, at + done, buffer)) {
          return -1;
        }
        done += step(length - done);
      }
      return done;
    }

    /** As {@link #push}, from another memory. */
    long push(Translations iotlb, PhysicalMemory from, long at, long length, byte[] buffer) {
      long done = 0;
      while (done < length && part < end) {
        long piece = inPart(length - done);
        if (!iotlb.copyFrom(addresses[part] + passed, piece, from, at + done, buffer)) {
          return -1;
        }
        done += step(length - done);
      }
      return done;
    }
  }
}
