package io.virtrig.emulator.hardware.iommu.vtd;

import static io.virtrig.emulator.hardware.iommu.TableKind.FIRST_LEVEL;
import static io.virtrig.emulator.hardware.iommu.vtd.PagingEntry.*;
import static io.virtrig.emulator.hardware.iommu.vtd.VtdOutcome.FAULTED;

import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.vtd.SecondLevel.Purpose;

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
  private final SecondLevel second;

  /** Physical addresses of the entries used, by level. */
  private final long[] path = new long[MOST_LEVELS + 1];

  /** Whether the second level lets them be written, by level. */
  private final boolean[] writable = new boolean[MOST_LEVELS + 1];

  /** The second-level entries to make dirty with them, by level; 0 for none. */
  private final long[] dirty = new long[MOST_LEVELS + 1];

  private int leafLevel;

  FirstLevel(
      TableMemory memory, VtdCapabilities capabilities, VtdOutcome outcome, SecondLevel second) {
    this.memory = memory;
    this.capabilities = capabilities;
    this.outcome = outcome;
    this.second = second;
  }

  /** Translates by the tables of a PASID-table entry; {@link VtdOutcome#FAULTED} if that fails. */
  long translate(PasidEntry pasid, DmaRequest request, boolean privileged, boolean nested) {
    int levels = pasid.firstLevels();
    int unused = Long.SIZE - width(levels);
    long input = request.address();
    if (input << unused >> unused != input) {
      return outcome.fault(VtdFault.NOT_CANONICAL, FIRST_LEVEL, 0);
    }
    long accessed = pasid.extendedAccessed() ? FL_A | FL_EA : FL_A;
    long table = pasid.firstTable();
    int userDeniedAt = 0;
    int writeDeniedAt = 0;
    long entry;
    int level = levels;
    while (true) {
      long at = locate(table + offset(input, level), level, level == levels, nested);
      if (at == FAULTED) {
        return FAULTED;
      }
      entry = outcome.read(FIRST_LEVEL, level, at - offset(input, level), at);
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
      if (nested && !writable[level] && (entry & accessed) != accessed) {
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
    return markUsed(levels, request.write(), accessed, nested)
        ? output(entry, level, input)
        : FAULTED;
  }

  /** Where an entry lies in physical memory, if it can be read there. */
  private long locate(long at, int level, boolean top, boolean nested) {
    long physical = at;
    if (nested) {
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

  private boolean markUsed(int levels, boolean write, long accessed, boolean nested) {
    for (int level = levels; level >= leafLevel; level--) {
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
}
