package io.virtrig.emulator.hardware.iommu;

/** Memory that a walk may believe to change, and that stays as it is. */
public record UntouchedMemory(TableMemory memory) implements TableMemory {
  @Override
  public boolean holds(long address) {
    return memory.holds(address);
  }

  @Override
  public long word(long address) {
    return memory.word(address);
  }

  @Override
  public boolean or(long address, long bits) {
    return true;
  }

  @Override
  public long changes() {
    return memory.changes();
  }
}
