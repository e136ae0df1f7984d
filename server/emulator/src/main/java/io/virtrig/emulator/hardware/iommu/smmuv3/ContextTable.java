package io.virtrig.emulator.hardware.iommu.smmuv3;

import static io.virtrig.emulator.hardware.iommu.TableKind.CONTEXT_DESCRIPTOR;
import static io.virtrig.emulator.hardware.iommu.TableKind.CONTEXT_DESCRIPTOR_L1;
import static io.virtrig.emulator.hardware.iommu.smmuv3.Descriptor.FAULTED;

import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuEvent.EventClass;
import org.jspecify.annotations.Nullable;

/** The context descriptors of a stream: from a substream id to its descriptor. */
final class ContextTable {
  private static final long L1_VALID = 1L;
  private static final long L2_TABLE = 0x000f_ffff_ffff_f000L;
  private static final int DESCRIPTOR_SHIFT = 6;
  private static final int WORD_SHIFT = 3;

  /** Substream bits that a second-level table of 4 KiB has, and one of 64 KiB. */
  private static final int SPLIT_4K = 6;

  private static final int SPLIT_64K = 10;

  private final TableMemory memory;
  private final SmmuOutcome outcome;
  private long descriptorAddress;

  ContextTable(TableMemory memory, SmmuOutcome outcome) {
    this.memory = memory;
    this.outcome = outcome;
  }

  /**
   * Reads the descriptor of a substream that is within the table.
   *
   * @param stage2 what addresses go through; null when they are physical
   */
  boolean read(
      StreamTableEntry stream, int substream, @Nullable Stage2 stage2, ContextDescriptor into) {
    long table = stream.contextTable();
    if (stream.substreamBits() == 0 || stream.contextFormat() == StreamTableEntry.LINEAR) {
      return descriptor(table, substream, stage2, into);
    }
    int split = stream.contextFormat() == StreamTableEntry.TWO_LEVEL_64K ? SPLIT_64K : SPLIT_4K;
    long offset = (long) (substream >>> split) << WORD_SHIFT;
    long at = locate(table + offset, stage2);
    if (at == FAULTED) {
      return false;
    }
    long entry = outcome.read(CONTEXT_DESCRIPTOR_L1, 0, at - offset, at);
    if ((entry & L1_VALID) == 0) {
      outcome.fault(SmmuEvent.C_BAD_SUBSTREAMID);
      return false;
    }
    return descriptor(entry & L2_TABLE, substream & ((1 << split) - 1), stage2, into);
  }

  private boolean descriptor(
      long table, int index, @Nullable Stage2 stage2, ContextDescriptor into) {
    long offset = (long) index << DESCRIPTOR_SHIFT;
    // A descriptor is aligned to its size, so all of it lies in one page.
    long at = locate(table + offset, stage2);
    if (at == FAULTED) {
      return false;
    }
    descriptorAddress = at;
    for (int word = 0; word < ContextDescriptor.WORDS; word++) {
      long where = at + ((long) word << WORD_SHIFT);
      if (!memory.holds(where)) {
        outcome.fetch(where);
        outcome.fault(SmmuEvent.F_CD_FETCH);
        return false;
      }
      into.set(word, outcome.read(CONTEXT_DESCRIPTOR, 0, at - offset, where));
    }
    return true;
  }

  /** Where the descriptor lies that was read last. */
  long descriptorAddress() {
    return descriptorAddress;
  }

  /** Where something of the table lies in physical memory, if it can be read there. */
  private long locate(long at, @Nullable Stage2 stage2) {
    long physical = stage2 != null ? stage2.translate(at, false, EventClass.CD) : at;
    if (physical != FAULTED && !memory.holds(physical)) {
      outcome.fetch(physical);
      return outcome.fault(SmmuEvent.F_CD_FETCH);
    }
    return physical;
  }
}
