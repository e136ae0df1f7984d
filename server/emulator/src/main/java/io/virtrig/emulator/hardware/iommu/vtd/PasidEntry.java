package io.virtrig.emulator.hardware.iommu.vtd;

import static io.virtrig.emulator.hardware.iommu.vtd.VtdCapabilities.*;

import io.virtrig.emulator.hardware.iommu.TableKind;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** An entry of a PASID table, eight words, and where its fields lie in them. */
public final class PasidEntry {
  static final int WORDS = 8;

  /** Words that have fields. */
  private static final int SHOWN = 3;

  static final int FIRST_LEVEL_ONLY = 1;
  static final int SECOND_LEVEL_ONLY = 2;
  static final int NESTED = 3;
  static final int PASS_THROUGH = 4;

  private static final long P = 1L;
  private static final long FPD = 1L << 1;
  private static final long SLADE = 1L << 9;
  private static final long RESERVED_0 = 3L << 10;
  private static final long RESERVED_1 = 0x7fL << 16;
  static final long SRE = 1L;
  static final long WPE = 1L << 4;
  static final long EAFE = 1L << 7;
  private static final long RESERVED_2 = 0xfL << 8;
  static final long ADDRESS = -1L << 12;
  static final int FLPM_SHIFT = 2;
  private static final long FOUR_LEVELS = 2;
  private static final long DOMAIN = 0xffff;

  private final long[] words = new long[WORDS];

  void set(int index, long word) {
    words[index] = word;
  }

  /** What a legacy context entry amounts to. */
  static PasidEntry legacy() {
    PasidEntry entry = new PasidEntry();
    entry.set(SECOND_LEVEL_ONLY, 0, 0);
    return entry;
  }

  /** A present entry with a second level of four levels wherever it may lie. */
  void set(int type, int domain, long firstLevel) {
    words[0] = P | FOUR_LEVELS << 2 | (long) type << 6;
    words[1] = domain & DOMAIN;
    words[2] = firstLevel;
    for (int word = 3; word < WORDS; word++) {
      words[word] = 0;
    }
  }

  /** The words, and after them where they lie. */
  long[] copy(long address) {
    long[] copy = Arrays.copyOf(words, WORDS + 1);
    copy[WORDS] = address;
    return copy;
  }

  /** Takes an entry that was read before. */
  void set(long[] kept) {
    System.arraycopy(kept, 0, words, 0, WORDS);
  }

  /** Shows the words of an entry that lies in no memory. */
  void show(WalkObserver observer) {
    for (int word = 0; word < SHOWN; word++) {
      observer.read(TableKind.PASID_TABLE, 0, 0, (long) word * Long.BYTES, words[word]);
    }
  }

  int domain() {
    return (int) (words[1] & DOMAIN);
  }

  boolean faultProcessingDisabled() {
    return (words[0] & FPD) != 0;
  }

  /** How the translation is made: PGTT. */
  int type() {
    return (int) (words[0] >>> 6 & 7);
  }

  int secondLevels() {
    return (int) (words[0] >>> 2 & 7) + 2;
  }

  long secondTable() {
    return words[0] & ADDRESS;
  }

  boolean secondLevelUpdates() {
    return (words[0] & SLADE) != 0;
  }

  int firstLevels() {
    return flpm() + 4;
  }

  private int flpm() {
    return (int) (words[2] >>> FLPM_SHIFT & 3);
  }

  /** Physical, or guest-physical when nested. */
  long firstTable() {
    return words[2] & ADDRESS;
  }

  /** Supervisors must heed the write bit too. */
  boolean writeProtect() {
    return (words[2] & WPE) != 0;
  }

  boolean extendedAccessed() {
    return (words[2] & EAFE) != 0;
  }

  /** What is wrong with it for a request; null for nothing. */
  @Nullable VtdFault check(VtdCapabilities capabilities, boolean privileged) {
    if ((words[0] & P) == 0) {
      return VtdFault.PASID_ENTRY_NOT_PRESENT;
    }
    if (reservedSet(capabilities)) {
      return VtdFault.PASID_ENTRY_RESERVED;
    }
    if (!valid(capabilities)) {
      return VtdFault.PASID_ENTRY_INVALID;
    }
    return privileged && (words[2] & SRE) == 0 ? VtdFault.SUPERVISOR_DISABLED : null;
  }

  private boolean reservedSet(VtdCapabilities capabilities) {
    int type = type();
    long beyond = capabilities.beyondHost();
    long first = type == FIRST_LEVEL_ONLY ? beyond | RESERVED_2 : RESERVED_2;
    long second = type == SECOND_LEVEL_ONLY || type == NESTED ? beyond | RESERVED_0 : RESERVED_0;
    return (words[0] & second) != 0
        || (words[1] & RESERVED_1) != 0
        || (words[2] & first) != 0
        || (words[3] | words[4] | words[5] | words[6] | words[7]) != 0;
  }

  private boolean valid(VtdCapabilities capabilities) {
    return switch (type()) {
      case FIRST_LEVEL_ONLY -> capabilities.extended(ECAP_FLTS) && firstValid(capabilities);
      case SECOND_LEVEL_ONLY ->
          capabilities.extended(ECAP_SLTS) && capabilities.depth(secondLevels());
      case NESTED ->
          capabilities.extended(ECAP_NEST)
              && firstValid(capabilities)
              && capabilities.depth(secondLevels());
      case PASS_THROUGH -> capabilities.extended(ECAP_PT);
      default -> false;
    };
  }

  private boolean firstValid(VtdCapabilities capabilities) {
    return flpm() == 0 || (flpm() == 1 && (capabilities.cap() & CAP_FL5LP) != 0);
  }
}
