package io.virtrig.emulator.hardware.iommu;

/** Memory that a unit stores in too: queues it fills, statuses, posted descriptors. */
public interface UnitMemory extends TableMemory {
  /**
   * Stores a word at an address that is a multiple of eight.
   *
   * @return false where that cannot be written
   */
  boolean store(long address, long word);

  /**
   * Stores 32 bits at an address that is a multiple of four.
   *
   * @return false where that cannot be written
   */
  default boolean store32(long address, int data) {
    long at = address & -8L;
    if (!holds(at)) {
      return false;
    }
    int shift = (int) (address & 4) * Byte.SIZE;
    long kept = word(at) & ~(0xffff_ffffL << shift);
    return store(at, kept | Integer.toUnsignedLong(data) << shift);
  }
}
