package io.virtrig.emulator.vmm.viommu;

import io.virtrig.emulator.vmm.GuestMemory;

/**
 * The tables of the guest, from the root table to PASID entries, read in its memory each time
 * (vtd_dev_to_context_entry, vtd_dev_get_pe_from_pasid).
 */
final class GuestTables {
  private static final long P = 1;
  private static final long ADDRESS = -1L << 12;
  private static final long SCALABLE = 1L << 10;
  private static final long ROOT_RESERVED = 0xffeL;
  private static final long CONTEXT_RESERVED_0 = 0x1e0L;
  private static final long CONTEXT_RESERVED_1 = -1L << 21;
  private static final long RID_PASID = 0xfffffL;
  private static final int PASIDS_A_TABLE = 64;
  private static final int ENTRY_BYTES = 64;
  private static final int WORD = 8;

  private final GuestMemory memory;
  private final ViommuOptions options;
  private final long beyondWidth;
  private final long[] root = new long[1];
  private final long[] context = new long[4];
  private final long[] directory = new long[1];
  private final long[] table = new long[PASIDS_A_TABLE * GuestPasidEntry.WORDS];
  private final GuestPasidEntry ridEntry = new GuestPasidEntry();
  private long rootTable;
  private boolean scalable;

  GuestTables(GuestMemory memory, ViommuOptions options) {
    this.memory = memory;
    this.options = options;
    beyondWidth = -1L << options.addressWidth();
  }

  /** SRTP: the root table is what RTADDR says now. */
  void rootTable(long rtaddr) {
    rootTable = rtaddr & ADDRESS & ~beyondWidth;
    scalable = options.mode() != ViommuOptions.Mode.OFF && (rtaddr & SCALABLE) != 0;
  }

  /** Whether the root table is in scalable mode. */
  boolean scalable() {
    return scalable;
  }

  long rootTable() {
    return rootTable;
  }

  /** Finds a device's context entry; its RID_PASID entry must be good too. */
  boolean context(int source) {
    if (!scalable) {
      return false;
    }
    long at = rootTable + (source >>> 8) * 16L + (source >>> 7 & 1) * (long) WORD;
    if (!memory.read(at, root)
        || (root[0] & P) == 0
        || (root[0] & (ROOT_RESERVED | beyondWidth)) != 0) {
      return false;
    }
    if (!memory.read((root[0] & ADDRESS) + (source & 0x7f) * 32L, context)
        || (context[0] & P) == 0
        || (context[0] & (CONTEXT_RESERVED_0 | beyondWidth)) != 0
        || (context[1] & CONTEXT_RESERVED_1) != 0
        || (context[2] | context[3]) != 0) {
      return false;
    }
    return read((int) (context[1] & RID_PASID), ridEntry);
  }

  /** PASIDs that the directory of the context found last has room for. */
  int pasids() {
    return PASIDS_A_TABLE << (((int) (context[0] >>> 9) & 3) + 7);
  }

  /** Reads a good entry of a device. */
  boolean entry(int source, int pasid, GuestPasidEntry into) {
    return context(source) && read(pasid, into);
  }

  /** Reads a good entry, of the device whose context was found last. */
  boolean read(int pasid, GuestPasidEntry into) {
    return directory(pasid)
        && memory.read(
            (directory[0] & ADDRESS) + (pasid & (PASIDS_A_TABLE - 1)) * (long) ENTRY_BYTES,
            into.words)
        && into.good(options);
  }

  private boolean directory(int pasid) {
    long at = (context[0] & ADDRESS) + (pasid / PASIDS_A_TABLE) * (long) WORD;
    return memory.read(at, directory) && (directory[0] & P) != 0;
  }

  /** Reads the whole table that has a PASID, for {@link #at}. */
  boolean table(int pasid) {
    return directory(pasid) && memory.read(directory[0] & ADDRESS, table);
  }

  /** Takes a good entry out of the table read last. */
  boolean at(int pasid, GuestPasidEntry into) {
    int index = pasid & (PASIDS_A_TABLE - 1);
    System.arraycopy(table, index * GuestPasidEntry.WORDS, into.words, 0, GuestPasidEntry.WORDS);
    return into.good(options);
  }
}
