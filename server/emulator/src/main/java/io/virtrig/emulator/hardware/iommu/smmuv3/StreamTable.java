package io.virtrig.emulator.hardware.iommu.smmuv3;

import static io.virtrig.emulator.hardware.iommu.TableKind.STREAM_TABLE;
import static io.virtrig.emulator.hardware.iommu.TableKind.STREAM_TABLE_L1;

import io.virtrig.emulator.hardware.iommu.TableMemory;

/** The stream table: from a stream id to its entry. */
final class StreamTable {
  private static final long ADDRESS = 0x000f_ffff_ffff_ffc0L;
  private static final int ENTRY_SHIFT = 6;
  private static final int WORD_SHIFT = 3;
  private static final int SPAN = 0x1f;
  private static final int TWO_LEVEL = 1;

  private final TableMemory memory;
  private final SmmuCapabilities capabilities;
  private final SmmuOutcome outcome;

  StreamTable(TableMemory memory, SmmuCapabilities capabilities, SmmuOutcome outcome) {
    this.memory = memory;
    this.capabilities = capabilities;
    this.outcome = outcome;
  }

  /**
   * Reads the entry of a stream.
   *
   * @param base the STRTAB_BASE register
   * @param cfg the STRTAB_BASE_CFG register
   */
  boolean read(long base, int cfg, int stream, StreamTableEntry into) {
    int bits = Math.min(cfg & 0x3f, capabilities.streamBits());
    if (bits < Integer.SIZE && stream >>> bits != 0) {
      return fault(SmmuEvent.C_BAD_STREAMID);
    }
    if ((cfg >>> 16 & 3) != TWO_LEVEL) {
      long table = aligned(base & ADDRESS, bits + ENTRY_SHIFT);
      return entry(table, Integer.toUnsignedLong(stream), into);
    }
    int split = cfg >>> 6 & 0x1f;
    long top = aligned(base & ADDRESS, Math.max(bits - split, 0) + WORD_SHIFT);
    long at = top + ((Integer.toUnsignedLong(stream) >>> split) << WORD_SHIFT);
    if (!memory.holds(at)) {
      return fault(SmmuEvent.F_STE_FETCH);
    }
    long descriptor = outcome.read(STREAM_TABLE_L1, 0, top, at);
    int span = (int) descriptor & SPAN;
    long index = stream & ((1L << split) - 1);
    if (span == 0 || span - 1 > split || index >>> (span - 1) != 0) {
      return fault(SmmuEvent.C_BAD_STREAMID);
    }
    return entry(aligned(descriptor & ADDRESS, span - 1 + ENTRY_SHIFT), index, into);
  }

  private boolean entry(long table, long index, StreamTableEntry into) {
    long at = table + (index << ENTRY_SHIFT);
    for (int word = 0; word < StreamTableEntry.WORDS; word++) {
      long where = at + ((long) word << WORD_SHIFT);
      if (!memory.holds(where)) {
        return fault(SmmuEvent.F_STE_FETCH);
      }
      into.set(word, outcome.read(STREAM_TABLE, 0, table, where));
    }
    return true;
  }

  private static long aligned(long table, int bits) {
    return table & (-1L << bits);
  }

  private boolean fault(SmmuEvent why) {
    outcome.fault(why);
    return false;
  }
}
