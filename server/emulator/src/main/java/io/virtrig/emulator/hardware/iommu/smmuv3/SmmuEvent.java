package io.virtrig.emulator.hardware.iommu.smmuv3;

import java.util.Locale;

/** Why a transaction is terminated, with the numbers that event records have for it. */
public enum SmmuEvent {
  /** The stream id is beyond the stream table. */
  C_BAD_STREAMID(0x02),
  /** The stream table entry cannot be read. */
  F_STE_FETCH(0x03),
  /** The stream table entry asks for what must not be. */
  C_BAD_STE(0x04),
  /** The stream allows no transactions without substream. */
  F_STREAM_DISABLED(0x06),
  /** The substream is beyond the context descriptors. */
  C_BAD_SUBSTREAMID(0x08),
  /** The context descriptor cannot be read. */
  F_CD_FETCH(0x09),
  /** The context descriptor asks for what must not be. */
  C_BAD_CD(0x0a),
  /** A translation table cannot be read. */
  F_WALK_EABT(0x0b),
  /** Nothing is mapped there. */
  F_TRANSLATION(0x10),
  /** A descriptor points beyond the size set for its stage. */
  F_ADDR_SIZE(0x11),
  /** The access flag is clear. */
  F_ACCESS(0x12),
  /** The access is not allowed. */
  F_PERMISSION(0x13);

  /** What was being translated when a stage faulted. */
  public enum EventClass {
    /** The address of a context descriptor. */
    CD(0),
    /** The address of a stage 1 table. */
    TT(1),
    /** The transaction's own address. */
    IN(2);

    private final int code;

    EventClass(int code) {
      this.code = code;
    }

    /** The number for an event record. */
    int code() {
      return code;
    }
  }

  private final int type;

  SmmuEvent(int type) {
    this.type = type;
  }

  /** The number for an event record. */
  public int type() {
    return type;
  }

  /** It in a word: {@code not_present} and {@code permission} where no more is to be said. */
  public String word() {
    return switch (this) {
      case F_TRANSLATION -> "not_present";
      case F_PERMISSION -> "permission";
      default -> name().toLowerCase(Locale.ROOT);
    };
  }

  /** Whether it is a stage's fault, recorded only where the stage's configuration says so. */
  public boolean stageFault() {
    return type >= 0x10;
  }
}
