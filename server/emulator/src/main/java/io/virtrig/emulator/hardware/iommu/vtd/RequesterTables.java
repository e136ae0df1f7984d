package io.virtrig.emulator.hardware.iommu.vtd;

import static io.virtrig.emulator.hardware.iommu.TableKind.*;

import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.TableKind;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import java.util.Arrays;

/** The tables from a requester id, and its PASID, to what translates for it. */
final class RequesterTables {
  private static final long P = 1L;
  private static final long FPD = 1L << 1;
  private static final long ADDRESS = -1L << 12;
  private static final int WORD = 8;
  private static final int PASID_ENTRY_BYTES = PasidEntry.WORDS * WORD;

  /** Legacy and scalable root entries, scalable directory entries: 11:1, but a directory's FPD. */
  private static final long RESERVED_ROOT = 0xffeL;

  private static final long RESERVED_DIRECTORY = 0xffcL;

  /** Legacy context entry. */
  private static final long RESERVED_LEGACY_0 = 0xff0L;

  private static final long RESERVED_LEGACY_1 = -1L << 24 | 1L << 7;

  /** Scalable context entry. */
  private static final long PASIDE = 1L << 3;

  private static final long RESERVED_SCALABLE_0 = 0x1e0L;
  private static final long RESERVED_SCALABLE_1 = -1L << 21;
  private static final long RID_PASID = 0xfffffL;
  private static final long RID_PRIV = 1L << 20;

  private final TableMemory memory;
  private final VtdCapabilities capabilities;
  private final VtdOutcome outcome;
  private final long[] context = new long[4];
  private long contextAddress;
  private long pasidEntryAddress;

  RequesterTables(TableMemory memory, VtdCapabilities capabilities, VtdOutcome outcome) {
    this.memory = memory;
    this.capabilities = capabilities;
    this.outcome = outcome;
  }

  /** Finds the context entry by legacy tables: its two words are then at {@link #context}. */
  boolean legacyContext(long root, int source) {
    long at = root + (source >>> 8) * 16L;
    if (!holds(at, 2)) {
      return fault(VtdFault.ROOT_UNREADABLE, ROOT);
    }
    long low = outcome.read(ROOT, 0, root, at);
    long high = outcome.read(ROOT, 0, root, at + WORD);
    if ((low & P) == 0) {
      return fault(VtdFault.ROOT_NOT_PRESENT, ROOT);
    }
    if ((low & (RESERVED_ROOT | capabilities.beyondHost())) != 0 || high != 0) {
      return fault(VtdFault.ROOT_RESERVED, ROOT);
    }
    return readContext(low & ADDRESS, source & 0xff, 2)
        && checkContext(RESERVED_LEGACY_0, RESERVED_LEGACY_1);
  }

  /** Finds the context entry by scalable tables. */
  boolean scalableContext(long root, int source) {
    int half = source >>> 7 & 1;
    long at = root + (source >>> 8) * 16L + half * (long) WORD;
    if (!memory.holds(at)) {
      return fault(VtdFault.ROOT_UNREADABLE, ROOT);
    }
    long entry = outcome.read(ROOT, 0, root, at);
    if ((entry & P) == 0) {
      return fault(VtdFault.ROOT_NOT_PRESENT, ROOT);
    }
    if ((entry & (RESERVED_ROOT | capabilities.beyondHost())) != 0) {
      return fault(VtdFault.ROOT_RESERVED, ROOT);
    }
    return readContext(entry & ADDRESS, source & 0x7f, 4)
        && checkContext(RESERVED_SCALABLE_0, RESERVED_SCALABLE_1);
  }

  private boolean readContext(long table, int index, int words) {
    long at = table + (long) index * words * WORD;
    if (!holds(at, words)) {
      return fault(VtdFault.CONTEXT_UNREADABLE, CONTEXT);
    }
    contextAddress = at;
    context[2] = 0;
    context[3] = 0;
    for (int word = 0; word < words; word++) {
      context[word] = outcome.read(CONTEXT, 0, table, at + (long) word * WORD);
    }
    return true;
  }

  private boolean checkContext(long reserved0, long reserved1) {
    heed(context[0]);
    if ((context[0] & P) == 0) {
      return fault(VtdFault.CONTEXT_NOT_PRESENT, CONTEXT);
    }
    if ((context[0] & (reserved0 | capabilities.beyondHost())) != 0
        || (context[1] & reserved1) != 0
        || (context[2] | context[3]) != 0) {
      return fault(VtdFault.CONTEXT_RESERVED, CONTEXT);
    }
    return true;
  }

  /** The words of the context entry found last, and where it lies. */
  long[] copy() {
    long[] copy = Arrays.copyOf(context, context.length + 1);
    copy[context.length] = contextAddress;
    return copy;
  }

  /** Takes a context entry that was found before. */
  void use(long[] kept) {
    System.arraycopy(kept, 0, context, 0, context.length);
    contextAddress = kept[context.length];
    heed(context[0]);
  }

  /** Where the PASID-table entry lies that was read last. */
  long pasidEntryAddress() {
    return pasidEntryAddress;
  }

  /** The PASID of a request: its own, or what the context entry says; it may be too large. */
  int pasid(DmaRequest request) {
    if (request.hasPasid()) {
      return request.pasid();
    }
    return capabilities.extended(VtdCapabilities.ECAP_RPS) ? (int) (context[1] & RID_PASID) : 0;
  }

  /** A word of the context entry found last. */
  long context(int word) {
    return context[word];
  }

  /** Whether requests without PASID are the supervisor's. */
  boolean ridPrivileged() {
    return (context[1] & RID_PRIV) != 0;
  }

  /** Reads the PASID-table entry for a request of the context found last. */
  boolean pasidEntry(DmaRequest request, PasidEntry into) {
    int limit = 1 << ((int) (context[0] >>> 9 & 7) + 13);
    int pasid;
    if (request.hasPasid()) {
      if ((context[0] & PASIDE) == 0) {
        return fault(VtdFault.PASID_DISABLED, CONTEXT);
      }
      pasid = request.pasid();
      if (pasid >= limit) {
        return fault(VtdFault.PASID_TOO_LARGE, CONTEXT);
      }
    } else {
      pasid = pasid(request);
      if (pasid >= limit) {
        return fault(VtdFault.RID_PASID_TOO_LARGE, CONTEXT);
      }
    }
    long directory = context[0] & ADDRESS;
    long at = directory + (pasid >>> 6) * (long) WORD;
    if (!memory.holds(at)) {
      return fault(VtdFault.DIRECTORY_UNREADABLE, PASID_DIRECTORY);
    }
    long entry = outcome.read(PASID_DIRECTORY, 0, directory, at);
    heed(entry);
    if ((entry & P) == 0) {
      return fault(VtdFault.DIRECTORY_NOT_PRESENT, PASID_DIRECTORY);
    }
    if ((entry & (RESERVED_DIRECTORY | capabilities.beyondHost())) != 0) {
      return fault(VtdFault.DIRECTORY_RESERVED, PASID_DIRECTORY);
    }
    return readPasidEntry(entry & ADDRESS, pasid & 0x3f, into);
  }

  private boolean readPasidEntry(long table, int index, PasidEntry into) {
    long at = table + (long) index * PASID_ENTRY_BYTES;
    if (!holds(at, PasidEntry.WORDS)) {
      return fault(VtdFault.PASID_ENTRY_UNREADABLE, PASID_TABLE);
    }
    pasidEntryAddress = at;
    for (int word = 0; word < PasidEntry.WORDS; word++) {
      into.set(word, outcome.read(PASID_TABLE, 0, table, at + (long) word * WORD));
    }
    return true;
  }

  /** All structures have the fault-processing-disable bit in the same place. */
  private void heed(long entry) {
    if ((entry & FPD) != 0) {
      outcome.disableFaultProcessing();
    }
  }

  private boolean holds(long at, int words) {
    for (int word = 0; word < words; word++) {
      if (!memory.holds(at + (long) word * WORD)) {
        return false;
      }
    }
    return true;
  }

  private boolean fault(VtdFault why, TableKind kind) {
    outcome.fault(why, kind, 0);
    return false;
  }
}
