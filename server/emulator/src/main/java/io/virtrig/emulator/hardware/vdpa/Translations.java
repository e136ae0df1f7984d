package io.virtrig.emulator.hardware.vdpa;

import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.state.StateHash;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * What a device's translation hardware holds: runs of I/O virtual addresses, ascending, each with
 * the physical address and what the device may do. It never changes; a new one takes its place.
 *
 * <p>An access may span runs that touch. It is refused as a whole before any byte moves. Nothing
 * here allocates.
 */
public final class Translations {
  /** The device may read (VHOST_ACCESS_RO). */
  public static final int READ = 1;

  /** The device may write (VHOST_ACCESS_WO). */
  public static final int WRITE = 2;

  private static final VarHandle U16 =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle U32 =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle U64 =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final PhysicalMemory memory;
  private final long[] starts;
  private final long[] lasts;
  private final long[] physical;
  private final byte[] permissions;
  private final byte[] small = new byte[8];

  /** The run of the latest access: most accesses hit the one of their neighbours. */
  private int latest;

  private long fault;

  /** Collects the runs of a new table. */
  public static final class Builder {
    private final PhysicalMemory memory;
    private final long[] starts;
    private final long[] lasts;
    private final long[] physical;
    private final byte[] permissions;
    private int size;

    /** For that many runs. */
    public Builder(PhysicalMemory memory, int runs) {
      this.memory = memory;
      starts = new long[runs];
      lasts = new long[runs];
      physical = new long[runs];
      permissions = new byte[runs];
    }

    /** Adds a run, above all before it. */
    public Builder add(long start, long last, long address, int permission) {
      starts[size] = start;
      lasts[size] = last;
      physical[size] = address;
      permissions[size++] = (byte) permission;
      return this;
    }

    /** The table. */
    public Translations build() {
      return new Translations(memory, starts, lasts, physical, permissions);
    }
  }

  private Translations(
      PhysicalMemory memory, long[] starts, long[] lasts, long[] physical, byte[] permissions) {
    this.memory = memory;
    this.starts = starts;
    this.lasts = lasts;
    this.physical = physical;
    this.permissions = permissions;
  }

  /** A table without any. */
  public static Translations none(PhysicalMemory memory) {
    return new Builder(memory, 0).build();
  }

  /** How many runs there are. */
  public int size() {
    return starts.length;
  }

  /** Where the latest access that was refused began. */
  long fault() {
    return fault;
  }

  /** The run that holds the address; -1 for none. */
  private int find(long iova) {
    if (latest < starts.length && holds(latest, iova)) {
      return latest;
    }
    int low = 0;
    int high = starts.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(starts[middle], iova) > 0) {
        high = middle - 1;
      } else if (Long.compareUnsigned(lasts[middle], iova) < 0) {
        low = middle + 1;
      } else {
        latest = middle;
        return middle;
      }
    }
    return -1;
  }

  private boolean holds(int run, long iova) {
    return Long.compareUnsigned(starts[run], iova) <= 0
        && Long.compareUnsigned(lasts[run], iova) >= 0;
  }

  /** The first run of an access that is allowed as a whole; -1 for one that is not. */
  private int allowed(long iova, long length, int permission) {
    long last = iova + length - 1;
    int first = Long.compareUnsigned(last, iova) < 0 ? -1 : find(iova);
    for (int run = first; run >= 0; run++) {
      if ((permissions[run] & permission) == 0) {
        break;
      }
      if (Long.compareUnsigned(lasts[run], last) >= 0) {
        return first;
      }
      if (run + 1 == starts.length || starts[run + 1] != lasts[run] + 1) {
        break;
      }
    }
    fault = iova;
    return -1;
  }

  /** Reads bytes; false, with nothing read, when that is not allowed. */
  boolean read(long iova, byte[] to, int at, int length) {
    return length == 0 || move(iova, to, at, length, READ);
  }

  /** Writes bytes; false, with nothing written, when that is not allowed. */
  boolean write(long iova, byte[] from, int at, int length) {
    return length == 0 || move(iova, from, at, length, WRITE);
  }

  private boolean move(long iova, byte[] bytes, int at, int length, int permission) {
    int run = allowed(iova, length, permission);
    if (run < 0) {
      return false;
    }
    int done = 0;
    while (done < length) {
      int piece = piece(run, iova + done, length - done);
      long address = physical[run] + (iova + done - starts[run]);
      if (permission == READ) {
        memory.read(address, bytes, at + done, piece);
      } else {
        memory.write(address, bytes, at + done, piece);
      }
      done += piece;
      run++;
    }
    return true;
  }

  private int piece(int run, long iova, long left) {
    long inRun = lasts[run] - iova + 1;
    return (int) (Long.compareUnsigned(inRun - 1, left - 1) < 0 ? inRun : left);
  }

  /** Reads bytes to another memory; false, with nothing read, when that is not allowed. */
  boolean copyTo(long iova, long length, PhysicalMemory to, long address, byte[] buffer) {
    if (length == 0) {
      return true;
    }
    int run = allowed(iova, length, READ);
    if (run < 0) {
      return false;
    }
    long done = 0;
    while (done < length) {
      if (Long.compareUnsigned(iova + done, lasts[run]) > 0) {
        run++;
      }
      int piece = piece(run, iova + done, Math.min(length - done, buffer.length));
      copy(memory, physical[run] + (iova + done - starts[run]), to, address + done, piece, buffer);
      done += piece;
    }
    return true;
  }

  /** Writes bytes from another memory; false, with nothing written, when that is not allowed. */
  boolean copyFrom(long iova, long length, PhysicalMemory from, long address, byte[] buffer) {
    if (length == 0) {
      return true;
    }
    int run = allowed(iova, length, WRITE);
    if (run < 0) {
      return false;
    }
    long done = 0;
    while (done < length) {
      if (Long.compareUnsigned(iova + done, lasts[run]) > 0) {
        run++;
      }
      int piece = piece(run, iova + done, Math.min(length - done, buffer.length));
      copy(
          from, address + done, memory, physical[run] + (iova + done - starts[run]), piece, buffer);
      done += piece;
    }
    return true;
  }

  private static void copy(
      PhysicalMemory from, long source, PhysicalMemory to, long target, int length, byte[] buffer) {
    int done = 0;
    while (done < length) {
      int piece =
          Math.min(
              length - done,
              PhysicalMemory.PAGE_SIZE
                  - (int) Math.max(inPage(source + done), inPage(target + done)));
      if (from.written(source + done) || to.written(target + done)) {
        from.read(source + done, buffer, 0, piece);
        to.write(target + done, buffer, 0, piece);
      }
      done += piece;
    }
  }

  private static long inPage(long address) {
    return address & (PhysicalMemory.PAGE_SIZE - 1);
  }

  /** Reads 16 bits; -1 when that is not allowed. */
  int u16(long iova) {
    return read(iova, small, 0, 2) ? u16(small, 0) : -1;
  }

  /** Writes 16 bits; false when that is not allowed. */
  boolean u16(long iova, int value) {
    U16.set(small, 0, (short) value);
    return write(iova, small, 0, 2);
  }

  /** Writes two words of 32 bits; false when that is not allowed. */
  boolean twoU32(long iova, int first, int second) {
    U32.set(small, 0, first);
    U32.set(small, 4, second);
    return write(iova, small, 0, 8);
  }

  /** Writes 32 bits and then 16; false when that is not allowed. */
  boolean u32AndU16(long iova, int first, int second) {
    U32.set(small, 0, first);
    U16.set(small, 4, (short) second);
    return write(iova, small, 0, 6);
  }

  static int u16(byte[] bytes, int at) {
    return (short) U16.get(bytes, at) & 0xffff;
  }

  static int u32(byte[] bytes, int at) {
    return (int) U32.get(bytes, at);
  }

  static long u64(byte[] bytes, int at) {
    return (long) U64.get(bytes, at);
  }

  /** A hash of all runs. */
  public long hash() {
    return StateHash.ofWords(starts)
        + 3 * StateHash.ofWords(lasts)
        + 5 * StateHash.ofWords(physical)
        + 7 * StateHash.ofBytes(permissions);
  }
}
