package io.virtrig.emulator.hardware.pci;

import io.virtrig.emulator.state.StateHash;
import io.virtrig.emulator.state.StateWriter;
import java.util.List;
import java.util.TreeMap;

/**
 * Registers that behave as memory: what is written is read back. A few have contents after a reset.
 * Blocks exist only where something was written.
 */
final class PlainRegisters implements BarRegisters {
  private static final int BLOCK_SHIFT = 8;
  private static final int BLOCK_SIZE = 1 << BLOCK_SHIFT;

  /** A key is a block's number with the BAR above it. */
  private static final int BAR_SHIFT = 56;

  private final List<DeviceModel.RegisterValue> initial;
  private final TreeMap<Long, ConfigSpace> blocks = new TreeMap<>();

  PlainRegisters(List<DeviceModel.RegisterValue> initial) {
    this.initial = initial;
    reset();
  }

  private static long key(int bar, long at) {
    return (long) bar << BAR_SHIFT | at >>> BLOCK_SHIFT;
  }

  @Override
  public int read(int bar, long at, int size) {
    ConfigSpace block = blocks.get(key(bar, at));
    return block == null ? 0 : block.get((int) at & (BLOCK_SIZE - 1), size);
  }

  @Override
  public void write(int bar, long at, int size, int value) {
    blocks
        .computeIfAbsent(key(bar, at), key -> new ConfigSpace(BLOCK_SIZE))
        .set((int) at & (BLOCK_SIZE - 1), size, value);
  }

  @Override
  public void reset() {
    blocks.clear();
    for (DeviceModel.RegisterValue register : initial) {
      for (int i = 0; i < register.bytes().size(); i++) {
        write(register.bar(), register.at() + i, 1, register.bytes().byteAt(i));
      }
    }
  }

  @Override
  public void writeState(StateWriter out) {
    long[] hash = new long[2 * blocks.size()];
    int at = 0;
    for (var block : blocks.entrySet()) {
      hash[at++] = block.getKey();
      hash[at++] = block.getValue().hash();
    }
    out.hex("registers", StateHash.ofWords(hash));
  }
}
