package io.virtrig.emulator.kernel.vfio.pci;

import io.virtrig.emulator.hardware.pci.ConfigSpace;

/**
 * For each bit of a capability, or of the header, whether it lives in the virtual copy, and whether
 * users may write it (struct perm_bits). Never changes once built.
 */
final class PermBits {
  static final int NO_VIRT = 0;
  static final int ALL_VIRT = -1;
  static final int NO_WRITE = 0;
  static final int ALL_WRITE = -1;

  private final ConfigSpace virt;
  private final ConfigSpace write;

  /** Bits that are neither virtual nor writable. */
  PermBits(int size) {
    virt = new ConfigSpace(size);
    write = new ConfigSpace(size);
  }

  /** As this; sets the byte at an offset. */
  PermBits setByte(int at, int virtual, int writable) {
    return set(at, 1, virtual, writable);
  }

  /** As this; sets two bytes. */
  PermBits setWord(int at, int virtual, int writable) {
    return set(at, 2, virtual, writable);
  }

  /** As this; sets four bytes. */
  PermBits setDword(int at, int virtual, int writable) {
    return set(at, 4, virtual, writable);
  }

  private PermBits set(int at, int size, int virtual, int writable) {
    virt.set(at, size, virtual);
    write.set(at, size, writable);
    return this;
  }

  int virtual(int at, int size) {
    return virt.get(at, size);
  }

  int writable(int at, int size) {
    return write.get(at, size);
  }
}
