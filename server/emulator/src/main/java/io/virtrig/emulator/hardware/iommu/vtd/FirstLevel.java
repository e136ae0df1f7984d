package io.virtrig.emulator.hardware.iommu.vtd;

import static io.virtrig.emulator.hardware.iommu.TableKind.FIRST_LEVEL;
import static io.virtrig.emulator.hardware.iommu.vtd.PagingEntry.*;
import static io.virtrig.emulator.hardware.iommu.vtd.VtdOutcome.FAULTED;

import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.vtd.SecondLevel.Purpose;
import org.jspecify.annotations.Nullable;

/**
 * The first level: tables as the CPU's. Nested, their addresses are guest-physical, and each goes
 * through the second level before it is read.
 *
 * <p>Whether an entry could be marked is looked at on the way down; entries are marked when the
 * walk has succeeded.
 */
final class FirstLevel {
  private final TableMemory memory;
  private final VtdCapabilities capabilities;
  private final VtdOutcome outcome;

  /** Physical addresses of the entries used, by level. */
  private final long[] path = new long[MOST_LEVELS + 1];

  /** Whether the second level lets them be written, by level. */
  private final boolean[] writable = new boolean[MOST_LEVELS + 1];

  /** The second-level entries to make dirty with them, by level; 0 for none. */
  private final long[] dirty = new long[MOST_LEVELS + 1];

  /** What the entries used hold, by level, before they were marked. */
  private final long[] entries = new long[MOST_LEVELS + 1];

  private int topLevel;
  private int leafLevel;
  private int userDeniedAt;
  private int writeDeniedAt;

  FirstLevel(TableMemory memory, VtdCapabilities capabilities, VtdOutcome outcome) {
    this.memory = memory;
    this.capabilities = capabilities;
    this.outcome = outcome;
  }

  /**
   * Translates by the tables of a PASID-table entry; {@link VtdOutcome#FAULTED} if that fails.
   *
   * @param second what table addresses go through; null when they are physical
   * @param kept entries of upper tables that a unit keeps; null for none
   */
  long translate(
      PasidEntry pasid,
      DmaRequest request,
      boolean privileged,
      @Nullable SecondLevel second,
      @Nullable PagingCache kept) {
    int levels = pasid.firstLevels();
    int unused = Long.SIZE - width(levels);
    long input = request.address();
    if (input << unused >> unused != input) {
      return outcome.fault(VtdFault.NOT_CANONICAL, FIRST_LEVEL, 0);
    }
    long accessed = pasid.extendedAccessed() ? FL_A | FL_EA : FL_A;
    long table = pasid.firstTable();
    userDeniedAt = 0;
    writeDeniedAt = 0;
    long entry;
    int level = levels;
    if (kept != null && kept.find(input, levels)) {
      level = kept.level();
      table = kept.table();
      userDeniedAt = kept.userDeniedAt();
      writeDeniedAt = kept.writeDeniedAt();
    }
    topLevel = level;
    while (true) {
      long at = locate(table + offset(input, level), level, level == levels, second);
      if (at == FAULTED) {
        return FAULTED;
      }
      entry = outcome.read(FIRST_LEVEL, level, at - offset(input, level), at);
      entries[level] = entry;
      if ((entry & FL_P) == 0) {
        return outcome.fault(VtdFault.FIRST_NOT_PRESENT, FIRST_LEVEL, level);
      }
      boolean page = (entry & PS) != 0;
      if ((entry & firstReserved(capabilities, level, page)) != 0) {
        return outcome.fault(VtdFault.FIRST_RESERVED, FIRST_LEVEL, level);
      }
      if ((entry & FL_US) == 0 && userDeniedAt == 0) {
        userDeniedAt = level;
      }
      if ((entry & FL_RW) == 0 && writeDeniedAt == 0) {
        writeDeniedAt = level;
      }
      if (level == 1 || page) {
        break;
      }
      if (second != null && !writable[level] && (entry & accessed) != accessed) {
        return outcome.fault(VtdFault.TABLE_NO_WRITE, FIRST_LEVEL, level);
      }
      table = address(entry);
      level--;
    }
    if (!privileged && userDeniedAt != 0) {
      return outcome.fault(VtdFault.NOT_USER, FIRST_LEVEL, userDeniedAt);
    }
    if (request.write() && writeDeniedAt != 0 && (!privileged || pasid.writeProtect())) {
      return outcome.fault(VtdFault.NO_WRITE, FIRST_LEVEL, writeDeniedAt);
    }
    leafLevel = level;
    return markUsed(request.write(), accessed, second != null)
        ? output(entry, level, input)
        : FAULTED;
  }

  /** Where an entry lies in physical memory, if it can be read there. */
  private long locate(long at, int level, boolean top, @Nullable SecondLevel second) {
    long physical = at;
    if (second != null) {
      Purpose purpose = top ? Purpose.FIRST_LEVEL_ROOT : Purpose.FIRST_LEVEL_TABLE;
      physical = second.translate(at, false, purpose);
      if (physical == FAULTED) {
        return FAULTED;
      }
      writable[level] = second.writable();
      dirty[level] = second.dirtyEntry();
    }
    if (!memory.holds(physical)) {
      VtdFault unreadable = top ? VtdFault.FIRST_ROOT_UNREADABLE : VtdFault.FIRST_UNREADABLE;
      return outcome.fault(unreadable, FIRST_LEVEL, level);
    }
    path[level] = physical;
    return physical;
  }

  private boolean markUsed(boolean write, long accessed, boolean nested) {
    for (int level = topLevel; level >= leafLevel; level--) {
      long bits = write && level == leafLevel ? accessed | FL_D : accessed;
      if ((memory.word(path[level]) & bits) == bits) {
        continue;
      }
      if (nested && !writable[level]) {
        outcome.fault(VtdFault.TABLE_NO_WRITE, FIRST_LEVEL, level);
        return false;
      }
      if (nested && dirty[level] != 0 && !memory.or(dirty[level], SL_D)) {
        outcome.fault(VtdFault.SECOND_UPDATE_FAILED, FIRST_LEVEL, level);
        return false;
      }
      if (!memory.or(path[level], bits)) {
        outcome.fault(VtdFault.FIRST_UPDATE_FAILED, FIRST_LEVEL, level);
        return false;
      }
    }
    return true;
  }

  /** Offset bits of the page translated last. */
  int pageShift() {
    return shift(leafLevel);
  }

  /** The level at which the last walk began. */
  int topLevel() {
    return topLevel;
  }

  /** The level at which it found its page. */
  int leafLevel() {
    return leafLevel;
  }

  /** The highest level used that keeps users out; 0 for none. */
  int userDeniedAt() {
    return userDeniedAt;
  }

  /** The highest level used that keeps writes out; 0 for none. */
  int writeDeniedAt() {
    return writeDeniedAt;
  }

  /** Where the entry of a level lies. */
  long entryAddress(int level) {
    return path[level];
  }

  /** What it held when it was read. */
  long entry(int level) {
    return entries[level];
  }
}
