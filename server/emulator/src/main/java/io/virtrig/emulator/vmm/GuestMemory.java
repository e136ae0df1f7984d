package io.virtrig.emulator.vmm;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The guest's memory in the VMM's own: from address 0, and what does not fit below the hole for
 * devices from 4 GiB on. The VMM reads and writes it as memory, without a system call.
 */
public final class GuestMemory implements Stateful {
  private static final long HOLE_END = 1L << 32;

  private final Program program;
  private final long address;
  private final long size;
  private final long low;

  /**
   * Maps it into the process.
   *
   * @param size bytes
   * @param hole where the hole for devices begins
   */
  public GuestMemory(Program program, long size, long hole) {
    this.program = program;
    this.size = size;
    low = Long.compareUnsigned(size, hole) <= 0 ? size : hole;
    address = program.mmap(size);
  }

  /** A contiguous part of the guest's memory. */
  public record Bank(long gpa, long size, long address) {}

  /** How many parts there are. */
  public int banks() {
    return low == size ? 1 : 2;
  }

  /** One of them, lowest first. */
  public Bank bank(int number) {
    return number == 0 ? new Bank(0, low, address) : new Bank(HOLE_END, size - low, address + low);
  }

  /** Gives it back. */
  public void unmap() {
    program.munmap(address, size);
  }

  /** Where it is in the process; -1 when a part of it is no memory. */
  private long find(long gpa, int length) {
    if (gpa < 0) {
      return -1;
    }
    if (gpa < low) {
      return low - gpa < length ? -1 : address + gpa;
    }
    long offset = gpa - HOLE_END;
    return offset < 0 || offset >= size - low || size - low - offset < length
        ? -1
        : address + low + offset;
  }

  /**
   * Reads little-endian words.
   *
   * @return false where there is no memory
   */
  public boolean read(long gpa, long[] words) {
    long at = find(gpa, words.length * Long.BYTES);
    if (at == -1) {
      return false;
    }
    ByteBuffer bytes =
        program
            .load(at, words.length * Long.BYTES)
            .asReadOnlyByteBuffer()
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < words.length; i++) {
      words[i] = bytes.getLong(i * Long.BYTES);
    }
    return true;
  }

  /**
   * Writes four bytes.
   *
   * @return false where there is no memory
   */
  public boolean write32(long gpa, int value) {
    long at = find(gpa, Integer.BYTES);
    if (at == -1) {
      return false;
    }
    byte[] bytes = new byte[Integer.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(value);
    program.store(at, ByteString.copyFrom(bytes));
    return true;
  }

  @Override
  public void writeState(StateWriter out) {
    out.hex("address", address);
    out.hex("size", size);
    out.hex("low", low);
  }
}
