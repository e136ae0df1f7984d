package io.virtrig.emulator.hardware.iommu.smmuv3;

import static io.virtrig.emulator.hardware.iommu.TableKind.STAGE_2;
import static io.virtrig.emulator.hardware.iommu.smmuv3.Descriptor.*;

import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuEvent.EventClass;

/** A stage 2 that lies in memory, as a stream table entry says. */
final class Stage2Tables implements Stage2 {
  private final TableMemory memory;
  private final SmmuCapabilities capabilities;
  private final SmmuOutcome outcome;
  private final StreamTableEntry stream;
  private int leafLevel;
  private boolean readable;
  private boolean writable;

  /** Translates as the entry says, whatever it is at the time. */
  Stage2Tables(
      TableMemory memory,
      SmmuCapabilities capabilities,
      SmmuOutcome outcome,
      StreamTableEntry stream) {
    this.memory = memory;
    this.capabilities = capabilities;
    this.outcome = outcome;
    this.stream = stream;
  }

  @Override
  public long translate(long input, boolean write, EventClass translating) {
    int bits = stream.stage2InputBits();
    if (input >>> bits != 0) {
      return fault(SmmuEvent.F_TRANSLATION, translating, SmmuOutcome.NO_LEVEL);
    }
    int outputBits = stream.stage2OutputBits(capabilities);
    int level = stream.stage2StartLevel();
    // Tables side by side at the start level are indexed as one.
    int indexBits = bits - shift(level);
    long table = stream.stage2Table() & (-1L << (indexBits + 3));
    while (true) {
      long index = input >>> shift(level) & ((1L << indexBits) - 1);
      long at = table + (index << 3);
      if (!memory.holds(at)) {
        outcome.fetch(at);
        return fault(SmmuEvent.F_WALK_EABT, translating, level);
      }
      long descriptor = outcome.read(STAGE_2, level, table, at);
      if (!valid(descriptor, level)) {
        return fault(SmmuEvent.F_TRANSLATION, translating, level);
      }
      if (leaf(descriptor, level)) {
        return atLeaf(descriptor, level, input, write, translating, outputBits);
      }
      table = table(descriptor);
      if (table >>> outputBits != 0) {
        return fault(SmmuEvent.F_ADDR_SIZE, translating, level);
      }
      indexBits = 9;
      level++;
    }
  }

  private long atLeaf(
      long descriptor,
      int level,
      long input,
      boolean write,
      EventClass translating,
      int outputBits) {
    if ((descriptor & ACCESS_FLAG) == 0 && stream.stage2AccessFaults()) {
      return fault(SmmuEvent.F_ACCESS, translating, level);
    }
    long output = output(descriptor, level, input);
    if (output >>> outputBits != 0) {
      return fault(SmmuEvent.F_ADDR_SIZE, translating, level);
    }
    if ((descriptor & (write ? STAGE_2_WRITE : STAGE_2_READ)) == 0) {
      return fault(SmmuEvent.F_PERMISSION, translating, level);
    }
    leafLevel = level;
    readable = (descriptor & STAGE_2_READ) != 0;
    writable = (descriptor & STAGE_2_WRITE) != 0;
    return output;
  }

  private long fault(SmmuEvent why, EventClass translating, int level) {
    return outcome.fault(why, translating, true, level, stream.stage2Records());
  }

  @Override
  public boolean readable() {
    return readable;
  }

  @Override
  public boolean writable() {
    return writable;
  }

  @Override
  public int pageShift() {
    return shift(leafLevel);
  }
}
