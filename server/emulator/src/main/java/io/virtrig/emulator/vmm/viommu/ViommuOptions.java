package io.virtrig.emulator.vmm.viommu;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.v1.VmmViommu;

/**
 * The options of {@code -device intel-iommu}, and the capability registers that they make
 * (vtd_decide_config and vtd_init of hw/i386/intel_iommu.c).
 */
record ViommuOptions(
    Mode mode,
    int addressWidth,
    boolean cachingMode,
    boolean dmaDrain,
    boolean passThrough,
    boolean interruptRemapping,
    boolean deviceIotlb) {

  /** x-scalable-mode. */
  enum Mode {
    OFF,
    LEGACY,
    MODERN
  }

  static final long CAP_FL1GP = 1L << 56;
  static final long CAP_FL5LP = 1L << 60;
  static final long ECAP_PT = 1L << 6;
  static final long ECAP_PRS = 1L << 29;
  static final long ECAP_ERS = 1L << 30;
  static final long ECAP_SRS = 1L << 31;
  static final long ECAP_EAFS = 1L << 34;
  static final int PSS_SHIFT = 35;
  static final long ECAP_PSS = 0x1fL << PSS_SHIFT;
  static final long ECAP_PASID = 1L << 40;
  static final long ECAP_SMTS = 1L << 43;
  static final int MAMV = 18;

  private static final long CAP_ND = 6;
  private static final long CAP_CM = 1L << 7;
  private static final long CAP_SAGAW_39 = 1L << 9;
  private static final long CAP_SAGAW_48 = 1L << 10;
  private static final int MGAW_SHIFT = 16;
  private static final long CAP_FRO = 0x22L << 24;
  private static final long CAP_SLLPS = 3L << 34;
  private static final long CAP_PSI = 1L << 39;
  private static final int MAMV_SHIFT = 48;
  private static final long CAP_DRAIN = 3L << 54;

  private static final long ECAP_QI = 1L << 1;
  private static final long ECAP_DT = 1L << 2;
  private static final long ECAP_IR = 1L << 3;
  private static final long ECAP_IRO = 0xfL << 8;
  private static final long ECAP_MHMV = 15L << 20;
  private static final long ECAP_VCS = 1L << 44;
  private static final long ECAP_SLTS = 1L << 46;
  private static final long ECAP_FLTS = 1L << 47;
  private static final long PSS_20_BITS = 19L << PSS_SHIFT;

  /** Reads them. EINVAL where QEMU refuses to bring the unit up. */
  static ViommuOptions of(VmmViommu given) {
    int addressWidth = given.hasAwBits() ? given.getAwBits() : 48;
    Mode mode =
        switch (given.hasXScalableMode() ? given.getXScalableMode() : "off") {
          case "modern" -> Mode.MODERN;
          case "legacy" -> Mode.LEGACY;
          case "off" -> Mode.OFF;
          default ->
              throw KernelError.invalid(
                  "Invalid x-scalable-mode config \""
                      + given.getXScalableMode()
                      + "\", Please use \"modern\", \"legacy\" or \"off\"");
        };
    if (addressWidth != 39 && addressWidth != 48) {
      throw KernelError.invalid(
          "aw-bits " + Integer.toUnsignedString(addressWidth) + " is neither 39 nor 48");
    }
    return new ViommuOptions(
        mode,
        addressWidth,
        given.getCachingMode(),
        !given.hasDmaDrain() || given.getDmaDrain(),
        !given.hasPt() || given.getPt(),
        given.getIntremap(),
        given.getDeviceIotlb());
  }

  /** Whether guests are to have first-level tables of their own. */
  boolean modern() {
    return mode == Mode.MODERN;
  }

  long cap() {
    return CAP_ND
        | CAP_FRO
        | CAP_SLLPS
        | CAP_PSI
        | (long) MAMV << MAMV_SHIFT
        | (addressWidth - 1L) << MGAW_SHIFT
        | CAP_SAGAW_39
        | (addressWidth == 48 ? CAP_SAGAW_48 : 0)
        | (dmaDrain ? CAP_DRAIN : 0)
        | (cachingMode ? CAP_CM : 0);
  }

  long ecap() {
    long base =
        ECAP_QI
            | ECAP_IRO
            | (passThrough ? ECAP_PT : 0)
            | (deviceIotlb ? ECAP_DT : 0)
            | (interruptRemapping ? ECAP_IR | ECAP_MHMV : 0);
    return switch (mode) {
      case OFF -> base;
      case LEGACY -> base | ECAP_SMTS | ECAP_SRS | ECAP_SLTS;
      case MODERN -> base | ECAP_SMTS | ECAP_SRS | ECAP_PASID | ECAP_FLTS | PSS_20_BITS | ECAP_VCS;
    };
  }
}
