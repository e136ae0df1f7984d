package io.virtrig.emulator.hardware.iommu.vtd;

import static io.virtrig.emulator.hardware.iommu.TableKind.SECOND_LEVEL;
import static io.virtrig.emulator.hardware.iommu.vtd.PagingEntry.*;

import io.virtrig.emulator.hardware.iommu.TableMemory;

/** A second level that lies in memory, three to five levels of tables. */
final class SecondLevelTables implements SecondLevel {
  private final TableMemory memory;
  private final VtdCapabilities capabilities;
  private final VtdOutcome outcome;
  private final long[] path = new long[MOST_LEVELS + 1];

  private long root;
  private int levels;
  private boolean scalable;
  private boolean updates;
  private boolean writable;
  private boolean readable;
  private int leafLevel;

  SecondLevelTables(TableMemory memory, VtdCapabilities capabilities, VtdOutcome outcome) {
    this.memory = memory;
    this.capabilities = capabilities;
    this.outcome = outcome;
  }

  /** Sets the tables to walk. {@code updates}: accessed and dirty bits are kept. */
  void use(long root, int levels, boolean scalable, boolean updates) {
    this.root = root;
    this.levels = levels;
    this.scalable = scalable;
    this.updates = updates;
  }

  @Override
  public long translate(long input, boolean write, Purpose purpose) {
    int width = Math.min(width(levels), capabilities.inputWidth());
    if (width < Long.SIZE && input >>> width != 0) {
      return outcome.fault(purpose.tooWide(), SECOND_LEVEL, 0);
    }
    long table = root;
    int readDeniedAt = 0;
    int writeDeniedAt = 0;
    long entry;
    int level = levels;
    while (true) {
      long at = table + offset(input, level);
      if (!memory.holds(at)) {
        VtdFault unreadable =
            level == levels ? VtdFault.SECOND_ROOT_UNREADABLE : VtdFault.SECOND_UNREADABLE;
        return outcome.fault(unreadable, SECOND_LEVEL, level);
      }
      entry = outcome.read(SECOND_LEVEL, level, table, at);
      path[level] = at;
      if ((entry & (SL_R | SL_W)) == 0) {
        VtdFault notPresent =
            write ? VtdFault.SECOND_NOT_PRESENT_WRITE : VtdFault.SECOND_NOT_PRESENT_READ;
        return outcome.fault(notPresent, SECOND_LEVEL, level);
      }
      boolean page = (entry & PS) != 0;
      if ((entry & secondReserved(capabilities, level, page, scalable)) != 0) {
        return outcome.fault(VtdFault.SECOND_RESERVED, SECOND_LEVEL, level);
      }
      if ((entry & SL_R) == 0 && readDeniedAt == 0) {
        readDeniedAt = level;
      }
      if ((entry & SL_W) == 0 && writeDeniedAt == 0) {
        writeDeniedAt = level;
      }
      if (level == 1 || page) {
        break;
      }
      table = address(entry);
      level--;
    }
    if (write && writeDeniedAt != 0) {
      return outcome.fault(VtdFault.NO_WRITE, SECOND_LEVEL, writeDeniedAt);
    }
    if (!write && readDeniedAt != 0) {
      return outcome.fault(purpose.noRead(), SECOND_LEVEL, readDeniedAt);
    }
    writable = writeDeniedAt == 0;
    readable = readDeniedAt == 0;
    leafLevel = level;
    return updates && !markUsed(write) ? VtdOutcome.FAULTED : output(entry, level, input);
  }

  private boolean markUsed(boolean write) {
    for (int level = levels; level >= leafLevel; level--) {
      long bits = write && level == leafLevel ? SL_A | SL_D : SL_A;
      if ((memory.word(path[level]) & bits) != bits && !memory.or(path[level], bits)) {
        outcome.fault(VtdFault.SECOND_UPDATE_FAILED, SECOND_LEVEL, level);
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean writable() {
    return writable;
  }

  @Override
  public boolean readable() {
    return readable;
  }

  /** The level at which the last walk found its page. */
  int leafLevel() {
    return leafLevel;
  }

  /** Where the entry of a level lies that it used. */
  long entryAddress(int level) {
    return path[level];
  }

  @Override
  public long dirtyEntry() {
    return updates ? path[leafLevel] : 0;
  }

  @Override
  public int pageShift() {
    return shift(leafLevel);
  }
}
