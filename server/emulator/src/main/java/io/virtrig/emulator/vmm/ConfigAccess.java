package io.virtrig.emulator.vmm;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.Refused;

/**
 * An access of a guest to configuration space, as its data port lets through.
 *
 * @param offset in bytes
 * @param size 1, 2 or 4
 */
public record ConfigAccess(int offset, int size) {
  /** An access that a CPU can make. */
  public ConfigAccess {
    if (size != 1 && size != 2 && size != 4) {
      throw Refused.invalid("size", Integer.toUnsignedString(size) + " is none of 1, 2 and 4");
    }
    if (offset % size != 0) {
      throw Refused.invalid(
          "offset", "0x" + Integer.toHexString(offset) + " is not a multiple of " + size);
    }
  }

  /** Whether it lies in a space of that many bytes. */
  public boolean within(int bytes) {
    return offset >= 0 && offset <= bytes - size;
  }

  /** Whether it touches one of so many bytes from a place on. */
  public boolean touches(int first, int bytes) {
    return offset < first + bytes && first < offset + size;
  }

  /** The bits that it can carry. */
  public int mask() {
    return -1 >>> (Integer.SIZE - Byte.SIZE * size);
  }

  /** A value as it goes over the bus. */
  public ByteString bytes(int value) {
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) (value >>> (Byte.SIZE * i));
    }
    return ByteString.copyFrom(bytes);
  }

  /** The value of bytes, however many there are. */
  public static int value(ByteString bytes) {
    int value = 0;
    for (int i = 0; i < bytes.size(); i++) {
      value |= (bytes.byteAt(i) & 0xff) << (Byte.SIZE * i);
    }
    return value;
  }
}
