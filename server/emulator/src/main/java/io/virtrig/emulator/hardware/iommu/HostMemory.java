package io.virtrig.emulator.hardware.iommu;

import io.virtrig.emulator.hardware.memory.PhysicalMemory;

/** A host's memory, as its units read tables in it. What lies above is no memory. */
public record HostMemory(PhysicalMemory memory) implements TableMemory {
  private static final int ADDRESS_BITS = 52;

  @Override
  public boolean holds(long address) {
    return address >>> ADDRESS_BITS == 0;
  }

  @Override
  public long word(long address) {
    return memory.tableWord(address);
  }

  @Override
  public boolean or(long address, long bits) {
    memory.setBits(address, bits);
    return true;
  }

  @Override
  public long changes() {
    return memory.tableChanges();
  }
}
