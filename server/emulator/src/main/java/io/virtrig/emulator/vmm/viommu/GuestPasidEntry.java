package io.virtrig.emulator.vmm.viommu;

import static io.virtrig.uapi.NestingSeries.*;

import java.util.Arrays;

/** A guest's PASID-table entry of 64 bytes: what the virtual IOMMU has last seen, or now sees. */
final class GuestPasidEntry {
  static final int WORDS = 8;

  private static final long P = 1;
  private static final int AW_SHIFT = 2;
  private static final int TYPE_SHIFT = 6;
  private static final int PASS_THROUGH = 4;

  final long[] words = new long[WORDS];

  /** DID. */
  int domain() {
    return (int) words[1] & 0xffff;
  }

  /** FLPTPTR. */
  long firstLevel() {
    return words[2] & -1L << 12;
  }

  /** 48 + 9 * FLPM; whether the unit has five levels is not looked at. */
  int addressWidth() {
    return 48 + 9 * ((int) (words[2] >>> 2) & 3);
  }

  /** IOMMU_SVA_VTD_GPASID_*. */
  long vtdFlags() {
    return flag(words[2], 0, IOMMU_SVA_VTD_GPASID_SRE)
        | flag(words[2], 7, IOMMU_SVA_VTD_GPASID_EAFE)
        | flag(words[1], 31, IOMMU_SVA_VTD_GPASID_PCD)
        | flag(words[1], 30, IOMMU_SVA_VTD_GPASID_PWT)
        | flag(words[1], 26, IOMMU_SVA_VTD_GPASID_EMTE)
        | flag(words[1], 25, IOMMU_SVA_VTD_GPASID_CD);
  }

  private static long flag(long word, int bit, long flag) {
    return (word >>> bit & 1) != 0 ? flag : 0;
  }

  int pat() {
    return (int) (words[1] >>> Integer.SIZE);
  }

  int emt() {
    return (int) (words[1] >>> 27) & 7;
  }

  /** Whether it is one that the unit takes: its type, its level, then that it is present. */
  boolean good(ViommuOptions options) {
    int type = (int) (words[0] >>> TYPE_SHIFT) & 7;
    if (type < 1 || type > PASS_THROUGH || (type == PASS_THROUGH && !options.passThrough())) {
      return false;
    }
    int width = (int) (words[0] >>> AW_SHIFT) & 7;
    if (width != 1 && (width != 2 || options.addressWidth() < 48)) {
      return false;
    }
    return (words[0] & P) != 0;
  }

  boolean same(GuestPasidEntry other) {
    return Arrays.equals(words, other.words);
  }

  void take(GuestPasidEntry other) {
    System.arraycopy(other.words, 0, words, 0, WORDS);
  }
}
