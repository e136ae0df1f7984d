package io.virtrig.emulator.hardware.iommu.smmuv3;

/**
 * What an SMMU can do, as its identification registers tell.
 *
 * @param idr0 stages, models
 * @param idr1 sizes of stream and substream ids
 * @param idr5 size of output addresses
 */
public record SmmuCapabilities(int idr0, int idr1, int idr5) {
  /** IDR0: stage 2. */
  public static final int IDR0_S2P = 1;

  /** IDR0: stage 1. */
  public static final int IDR0_S1P = 1 << 1;

  /** IDR0: hardware updates of access flag and dirty state. */
  public static final int IDR0_HTTU = 3 << 6;

  /** IDR0: two-level context descriptor tables. */
  public static final int IDR0_CD2L = 1 << 19;

  /** IDR0: stalling is not supported. */
  public static final int IDR0_NO_STALL = 1 << 24;

  /** IDR0: terminated transactions always abort. */
  public static final int IDR0_TERM_MODEL = 1 << 26;

  /** IDR1: where the bits of a substream id are told. */
  public static final int IDR1_SSIDSIZE_SHIFT = 6;

  /** Whether IDR0 has a bit. */
  public boolean has(int bit) {
    return (idr0 & bit) != 0;
  }

  /** Bits of a stream id. */
  public int streamBits() {
    return idr1 & 0x3f;
  }

  /** Bits of a substream id. */
  public int substreamBits() {
    return idr1 >>> IDR1_SSIDSIZE_SHIFT & 0x1f;
  }

  /** Bits of an output address. */
  public int outputBits() {
    return addressBits(idr5);
  }

  /** Bits of an address, from the code that IDR5, IPS and S2PS have for them. */
  static int addressBits(int code) {
    return switch (code & 7) {
      case 0 -> 32;
      case 1 -> 36;
      case 2 -> 40;
      case 3 -> 42;
      case 4 -> 44;
      case 5 -> 48;
      default -> 52;
    };
  }
}
