package io.virtrig.emulator.hardware.iommu.vtd;

/**
 * What a unit can do, as its registers tell.
 *
 * @param hostWidth bits of a physical address, as the DMAR table tells
 * @param cap the CAP register
 * @param ecap the ECAP register
 */
public record VtdCapabilities(int hostWidth, long cap, long ecap) {
  /** CAP: second-level depths, bit 8 + n for n + 2 levels. */
  public static final int CAP_SAGAW_SHIFT = 8;

  /** CAP: bits of a second-level input address, less one. */
  public static final int CAP_MGAW_SHIFT = 16;

  /** CAP: second-level pages of 2 MiB, and above it of 1 GiB. */
  public static final int CAP_SLLPS_SHIFT = 34;

  /** CAP: largest address mask of an invalidation. */
  public static final int CAP_MAMV_SHIFT = 48;

  /** CAP: first-level pages of 1 GiB. */
  public static final long CAP_FL1GP = 1L << 56;

  /** CAP: a first level of five levels. */
  public static final long CAP_FL5LP = 1L << 60;

  /** ECAP: device TLBs. */
  public static final long ECAP_DT = 1L << 2;

  /** ECAP: pass-through. */
  public static final long ECAP_PT = 1L << 6;

  /** ECAP: snoop control. */
  public static final long ECAP_SC = 1L << 7;

  /** ECAP: nested translation. */
  public static final long ECAP_NEST = 1L << 26;

  /** ECAP: a PASID of the context entry's choice for requests without one. */
  public static final long ECAP_RPS = 1L << 49;

  /** ECAP: second-level accessed and dirty bits. */
  public static final long ECAP_SLADS = 1L << 45;

  /** ECAP: a second level in scalable mode. */
  public static final long ECAP_SLTS = 1L << 46;

  /** ECAP: a first level in scalable mode. */
  public static final long ECAP_FLTS = 1L << 47;

  /** The unit of register offsets. */
  private static final int REGISTER = 16;

  /** Checks the width. */
  public VtdCapabilities {
    if (hostWidth < 32 || hostWidth > 52) {
      throw new IllegalArgumentException("host width " + hostWidth + " is not from 32 to 52");
    }
  }

  /** Bits of a second-level input address. */
  public int inputWidth() {
    return (int) (cap >>> CAP_MGAW_SHIFT & 0x3f) + 1;
  }

  /** Whether the second level may have this many levels. */
  public boolean depth(int levels) {
    return levels >= 3 && levels <= 5 && (cap >>> CAP_SAGAW_SHIFT >>> (levels - 2) & 1) != 0;
  }

  /** Whether an entry of this second-level table may be a page. */
  public boolean secondLevelPage(int level) {
    return (level == 2 || level == 3) && (cap >>> CAP_SLLPS_SHIFT >>> (level - 2) & 1) != 0;
  }

  /** Whether an entry of this first-level table may be a page. */
  public boolean firstLevelPage(int level) {
    return level == 2 || (level == 3 && (cap & CAP_FL1GP) != 0);
  }

  /** Largest address mask of an invalidation. */
  public int maximumAddressMask() {
    return (int) (cap >>> CAP_MAMV_SHIFT & 0x3f);
  }

  /** How many fault recording registers there are. */
  public int faultRecords() {
    return (int) (cap >>> 40 & 0xff) + 1;
  }

  /** Where the fault recording registers lie. */
  public int faultOffset() {
    return (int) (cap >>> 24 & 0x3ff) * REGISTER;
  }

  /** Where the IVA register lies, and after it IOTLB. */
  public int iotlbOffset() {
    return (int) (ecap >>> 8 & 0x3ff) * REGISTER;
  }

  /** Whether ECAP has the bit. */
  public boolean extended(long bit) {
    return (ecap & bit) != 0;
  }

  /** Address bits, of 63 to 12, that no physical address has. */
  long beyondHost() {
    return -1L << hostWidth;
  }
}
