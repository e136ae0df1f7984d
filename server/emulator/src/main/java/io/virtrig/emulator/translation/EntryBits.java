package io.virtrig.emulator.translation;

import io.virtrig.emulator.hardware.iommu.TableKind;
import java.util.ArrayList;
import java.util.List;

/** What the bits of structures are called. */
final class EntryBits {
  private static final long ADDRESS_12 = 0x000f_ffff_ffff_f000L;
  private static final long ADDRESS_6 = 0x000f_ffff_ffff_ffc0L;
  private static final long ADDRESS_4 = 0x000f_ffff_ffff_fff0L;
  private static final String[] GUEST_TYPES = {
    "0", "first level", "second level", "nested", "pass-through", "5", "6", "7"
  };
  private static final String[] CONFIGS = {
    "abort", "abort", "abort", "abort", "bypass", "stage 1", "stage 2", "both stages"
  };

  private final List<String> names = new ArrayList<>();
  private final long word;

  private EntryBits(long word) {
    this.word = word;
  }

  /**
   * The bits of a word.
   *
   * @param level the paging level
   * @param number which word of its entry it is
   */
  static List<String> of(TableKind kind, int level, int number, long word) {
    EntryBits bits = new EntryBits(word);
    switch (kind) {
      case ROOT -> bits.flag(0, "P").address(ADDRESS_12);
      case CONTEXT -> bits.context(number);
      case PASID_DIRECTORY -> bits.flag(0, "P").flag(1, "FPD").address(ADDRESS_12);
      case PASID_TABLE -> bits.pasid(number);
      case FIRST_LEVEL -> bits.firstLevel(level);
      case SECOND_LEVEL -> bits.secondLevel(level);
      case STREAM_TABLE_L1 -> bits.field("Span", 0, 5).address(ADDRESS_6);
      case STREAM_TABLE -> bits.stream(number);
      case CONTEXT_DESCRIPTOR_L1 -> bits.flag(0, "V").address(ADDRESS_12);
      case CONTEXT_DESCRIPTOR -> bits.descriptor(number);
      case STAGE_1 -> bits.stage1(level);
      case STAGE_2 -> bits.stage2(level);
    }
    return bits.names;
  }

  private EntryBits flag(int bit, String name) {
    if ((word >>> bit & 1) != 0) {
      names.add(name);
    }
    return this;
  }

  private EntryBits field(String name, int shift, int width) {
    names.add(name + " " + (word >>> shift & ((1L << width) - 1)));
    return this;
  }

  private EntryBits address(long mask) {
    names.add("address 0x" + Long.toHexString(word & mask));
    return this;
  }

  private void context(int number) {
    switch (number) {
      case 0 ->
          flag(0, "P")
              .flag(1, "FPD")
              .field("TT or DTE/PASIDE", 2, 2)
              .field("PDTS", 9, 3)
              .address(ADDRESS_12);
      case 1 -> field("AW", 0, 3).field("DID", 8, 16).field("RID_PASID", 0, 20);
      default -> {}
    }
  }

  private void pasid(int number) {
    switch (number) {
      case 0 -> {
        flag(0, "P").flag(1, "FPD").field("AW", 2, 3).flag(9, "SLADE");
        names.add("PGTT " + GUEST_TYPES[(int) (word >>> 6 & 7)]);
        names.add("SLPTPTR 0x" + Long.toHexString(word & ADDRESS_12));
      }
      case 1 -> field("DID", 0, 16).flag(23, "PWSNP").flag(24, "PGSNP");
      case 2 -> {
        flag(0, "SRE").flag(1, "ERE").field("FLPM", 2, 2);
        flag(4, "WPE").flag(5, "NXE").flag(6, "SMEP").flag(7, "EAFE");
        names.add("FLPTPTR 0x" + Long.toHexString(word & -1L << 12));
      }
      default -> {}
    }
  }

  private void firstLevel(int level) {
    flag(0, "P").flag(1, "R/W").flag(2, "U/S").flag(3, "PWT").flag(4, "PCD").flag(5, "A");
    flag(6, "D").flag(7, level == 1 ? "PAT" : "PS").flag(8, "G").flag(10, "EA").flag(63, "XD");
    address(ADDRESS_12);
  }

  private void secondLevel(int level) {
    flag(0, "R").flag(1, "W").flag(2, "X");
    if (level > 1) {
      flag(7, "PS");
    }
    flag(8, "A").flag(9, "D").flag(11, "SNP").flag(62, "TM").address(ADDRESS_12);
  }

  private void stream(int number) {
    switch (number) {
      case 0 -> {
        flag(0, "V");
        names.add("Config " + CONFIGS[(int) (word >>> 1 & 7)]);
        field("S1Fmt", 4, 2).field("S1CDMax", 59, 5);
        names.add("S1ContextPtr 0x" + Long.toHexString(word & ADDRESS_6));
      }
      case 1 -> field("S1DSS", 0, 2).flag(27, "S1STALLD").field("EATS", 28, 2);
      case 2 -> {
        field("S2VMID", 0, 16).field("S2T0SZ", 32, 6).field("S2SL0", 38, 2).field("S2PS", 48, 3);
        flag(51, "S2AA64").flag(53, "S2AFFD").flag(57, "S2S").flag(58, "S2R");
      }
      case 3 -> names.add("S2TTB 0x" + Long.toHexString(word & ADDRESS_4));
      default -> {}
    }
  }

  private void descriptor(int number) {
    switch (number) {
      case 0 -> {
        flag(31, "V").field("T0SZ", 0, 6).field("TG0", 6, 2).flag(14, "EPD0");
        field("T1SZ", 16, 6).field("TG1", 22, 2).flag(30, "EPD1").field("IPS", 32, 3);
        flag(35, "AFFD").flag(38, "TBI0").flag(39, "TBI1").flag(41, "AA64").flag(44, "S");
        flag(45, "R").flag(46, "A").flag(47, "ASET").field("ASID", 48, 16);
      }
      case 1, 2 -> {
        names.add("TTB" + (number - 1) + " 0x" + Long.toHexString(word & ADDRESS_4));
        flag(1, "HAD" + (number - 1));
      }
      default -> {}
    }
  }

  private void stage1(int level) {
    boolean leaf = leaf(level);
    if (leaf) {
      flag(6, "AP[1]")
          .flag(7, "AP[2]")
          .flag(10, "AF")
          .flag(11, "nG")
          .flag(53, "PXN")
          .flag(54, "XN");
    } else {
      flag(61, "no user below").flag(62, "no write below");
    }
    address(0x0000_ffff_ffff_f000L);
  }

  private void stage2(int level) {
    if (leaf(level)) {
      flag(6, "S2AP read").flag(7, "S2AP write").flag(10, "AF").flag(54, "XN");
    }
    address(0x0000_ffff_ffff_f000L);
  }

  private boolean leaf(int level) {
    boolean table = level < 3 && (word & 2) != 0;
    names.add((word & 1) == 0 ? "invalid" : table ? "table" : level == 3 ? "page" : "block");
    return !table;
  }
}
