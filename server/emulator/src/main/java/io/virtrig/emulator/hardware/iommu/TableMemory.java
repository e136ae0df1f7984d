package io.virtrig.emulator.hardware.iommu;

/**
 * The physical memory in which a unit's tables lie, by 64-bit little-endian words at addresses that
 * are multiples of eight. What is not memory cannot be read: the unit reports a bus error.
 */
public interface TableMemory {

  /** Whether the word at the address can be read. */
  boolean holds(long address);

  /** The word at an address that {@link #holds}. */
  long word(long address);

  /**
   * Sets bits in a word, as one locked update.
   *
   * @return false where the word cannot be written; nothing has changed then
   */
  boolean or(long address, long bits);

  /**
   * A number that grows when a word may have changed that was read before; where nothing but {@link
   * #or} changes memory, always the same.
   */
  default long changes() {
    return 0;
  }
}
