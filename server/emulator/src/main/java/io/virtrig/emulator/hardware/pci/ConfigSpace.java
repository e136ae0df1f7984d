package io.virtrig.emulator.hardware.pci;

import io.virtrig.emulator.state.StateHash;
import java.util.Arrays;

/** Bytes of configuration space, read and written as little-endian registers. */
public final class ConfigSpace {
  private final byte[] bytes;

  /** Zeros. */
  public ConfigSpace(int size) {
    this(new byte[size]);
  }

  /** Takes the array over. */
  public ConfigSpace(byte[] bytes) {
    this.bytes = bytes;
  }

  /** How many bytes there are. */
  public int size() {
    return bytes.length;
  }

  /** A copy of its own. */
  public ConfigSpace copy() {
    return new ConfigSpace(bytes.clone());
  }

  /** Takes over the contents of another of the same size. */
  public void set(ConfigSpace from) {
    System.arraycopy(from.bytes, 0, bytes, 0, bytes.length);
  }

  /** A register of 1, 2 or 4 bytes, zero-extended. */
  public int get(int at, int size) {
    int value = 0;
    for (int i = size - 1; i >= 0; i--) {
      value = value << 8 | (bytes[at + i] & 0xff);
    }
    return value;
  }

  /** Sets a register of 1, 2 or 4 bytes. */
  public void set(int at, int size, int value) {
    for (int i = 0; i < size; i++) {
      bytes[at + i] = (byte) (value >>> (8 * i));
    }
  }

  /** Sets some bytes alike. */
  public void fill(int at, int length, int value) {
    Arrays.fill(bytes, at, at + length, (byte) value);
  }

  /** One byte. */
  public int byteAt(int at) {
    return get(at, 1);
  }

  /** Two bytes. */
  public int word(int at) {
    return get(at, 2);
  }

  /** Four bytes. */
  public int dword(int at) {
    return get(at, 4);
  }

  /** A hash of the contents, for the host's state. */
  public long hash() {
    return StateHash.ofBytes(bytes);
  }
}
