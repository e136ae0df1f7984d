package io.virtrig.emulator.hardware.iommu.vtd;

import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.*;

/** Decodes descriptors of an invalidation queue, of which it knows what the registers tell. */
public final class QueueDecoder {
  private static final int ADDRESS_SHIFT = 12;
  private static final long ADDRESS = -1L << ADDRESS_SHIFT;
  private static final int GRANULARITY = 4;
  private static final int DOMAIN = 16;
  private static final int PASID = 32;
  private static final int PASID_BITS = 20;
  private static final long LEAF_ONLY = 1L << 6;

  private static final int RESPONSE_SUCCESS = 0;
  private static final int RESPONSE_INVALID = 1;
  private static final int RESPONSE_FAILURE = 0xf;

  /** Bits of the first word that each type has reserved, but for the type's own. */
  private static final long CONTEXT_RESERVED = bits(63, 50) | bits(15, 6);

  private static final long IOTLB_RESERVED = bits(63, 32) | bits(15, 8);
  private static final long DEVICE_TLB_RESERVED = bits(51, 48) | bits(31, 21) | bits(11, 4);
  private static final long INTERRUPT_RESERVED = bits(63, 48) | bits(26, 5);
  private static final long WAIT_RESERVED = bits(31, 8);
  private static final long PASID_RESERVED = bits(63, 52) | bits(15, 6);
  private static final long RESPONSE_RESERVED = bits(63, 52) | bits(8, 6);

  /** Bits of the second word. */
  private static final long ALL = -1L;

  private static final long PAGES_RESERVED = bits(11, 7);
  private static final long DEVICE_PAGES_RESERVED = bits(11, 1);
  private static final long PASID_DEVICE_PAGES_RESERVED = bits(10, 1);
  private static final long STATUS_RESERVED = bits(1, 0);
  private static final long GROUP_RESERVED = bits(63, 12) | bits(1, 0);

  private final boolean wide;
  private final boolean scalable;
  private final int maximumAddressMask;

  /**
   * For a queue.
   *
   * @param wide its descriptors have 256 bits (IQA.DW)
   * @param scalable the translation table mode is scalable
   * @param maximumAddressMask CAP.MAMV
   */
  public QueueDecoder(boolean wide, boolean scalable, int maximumAddressMask) {
    this.wide = wide;
    this.scalable = scalable;
    this.maximumAddressMask = maximumAddressMask;
  }

  /** Decodes a descriptor's four words; the last two are 0 in a queue that is not wide. */
  public QueueDescriptor decode(long q0, long q1, long q2, long q3) {
    int type = field(q0, 0, 4) | (field(q0, 9, 3) << 4);
    if (type == 0 || type > 9) {
      return new Malformed(QueueError.DESCRIPTOR_TYPE);
    }
    if (type >= 6 && !scalable) {
      return new Malformed(QueueError.TABLE_MODE);
    }
    if (type == 9 && !wide) {
      return new Malformed(QueueError.DESCRIPTOR_WIDTH);
    }
    if ((q0 & reserved0(type)) != 0
        || (q1 & reserved1(type)) != 0
        || (type != 9 && (q2 | q3) != 0)) {
      return new Malformed(QueueError.RESERVED_FIELD);
    }
    return switch (type) {
      case 1 -> contextCache(q0);
      case 2 -> iotlb(q0, q1);
      case 3 -> deviceTlb(q0, q1);
      case 4 ->
          !flag(q0, GRANULARITY)
              ? new InterruptEntry(Granularity.GLOBAL, 0, 0)
              : new InterruptEntry(Granularity.INDEX, field(q0, 32, 16), field(q0, 27, 5));
      case 5 -> new Wait(flag(q0, 5), q1, (int) (q0 >>> 32), flag(q0, 4), flag(q0, 6), flag(q0, 7));
      case 6 -> pasidIotlb(q0, q1);
      case 7 -> pasidCache(q0);
      case 8 -> pasidDeviceTlb(q0, q1);
      default -> pageGroupResponse(q0, q1, q2, q3);
    };
  }

  private static long reserved0(int type) {
    return switch (type) {
      case 1 -> CONTEXT_RESERVED;
      case 2 -> IOTLB_RESERVED;
      case 3 -> DEVICE_TLB_RESERVED;
      case 4 -> INTERRUPT_RESERVED;
      case 5 -> WAIT_RESERVED;
      case 6, 7 -> PASID_RESERVED;
      case 8 -> 0;
      default -> RESPONSE_RESERVED;
    };
  }

  private static long reserved1(int type) {
    return switch (type) {
      case 2, 6 -> PAGES_RESERVED;
      case 3 -> DEVICE_PAGES_RESERVED;
      case 5 -> STATUS_RESERVED;
      case 8 -> PASID_DEVICE_PAGES_RESERVED;
      case 9 -> GROUP_RESERVED;
      default -> ALL;
    };
  }

  private static QueueDescriptor contextCache(long q0) {
    int domain = field(q0, DOMAIN, 16);
    return switch (field(q0, GRANULARITY, 2)) {
      case 1 -> new ContextCache(Granularity.GLOBAL, 0, 0, 0);
      case 2 -> new ContextCache(Granularity.DOMAIN, domain, 0, 0);
      case 3 -> new ContextCache(Granularity.DEVICE, domain, field(q0, 32, 16), field(q0, 48, 2));
      default -> new Malformed(QueueError.RESERVED_FIELD);
    };
  }

  private QueueDescriptor iotlb(long q0, long q1) {
    boolean drainWrite = flag(q0, 6);
    boolean drainRead = flag(q0, 7);
    int domain = field(q0, DOMAIN, 16);
    int mask = field(q1, 0, 6);
    return switch (field(q0, GRANULARITY, 2)) {
      case 1 -> new Iotlb(Granularity.GLOBAL, drainWrite, drainRead, 0, 0, 0, false);
      case 2 -> new Iotlb(Granularity.DOMAIN, drainWrite, drainRead, domain, 0, 0, false);
      case 3 ->
          mask > maximumAddressMask
              ? new Malformed(QueueError.RESERVED_FIELD)
              : new Iotlb(
                  Granularity.PAGE,
                  drainWrite,
                  drainRead,
                  domain,
                  aligned(q1, mask + ADDRESS_SHIFT),
                  mask,
                  (q1 & LEAF_ONLY) != 0);
      default -> new Malformed(QueueError.RESERVED_FIELD);
    };
  }

  private QueueDescriptor pasidIotlb(long q0, long q1) {
    int domain = field(q0, DOMAIN, 16);
    int pasid = field(q0, PASID, PASID_BITS);
    int mask = field(q1, 0, 6);
    return switch (field(q0, GRANULARITY, 2)) {
      case 2 -> new PasidIotlb(Granularity.PASID, domain, pasid, 0, 0, false);
      case 3 ->
          mask > maximumAddressMask
              ? new Malformed(QueueError.RESERVED_FIELD)
              : new PasidIotlb(
                  Granularity.PAGE,
                  domain,
                  pasid,
                  aligned(q1, mask + ADDRESS_SHIFT),
                  mask,
                  (q1 & LEAF_ONLY) != 0);
      default -> new Malformed(QueueError.RESERVED_FIELD);
    };
  }

  private static QueueDescriptor pasidCache(long q0) {
    int domain = field(q0, DOMAIN, 16);
    return switch (field(q0, GRANULARITY, 2)) {
      case 0 -> new PasidCache(Granularity.DOMAIN, domain, 0);
      case 1 -> new PasidCache(Granularity.PASID, domain, field(q0, PASID, PASID_BITS));
      case 3 -> new PasidCache(Granularity.GLOBAL, 0, 0);
      default -> new Malformed(QueueError.RESERVED_FIELD);
    };
  }

  private static QueueDescriptor deviceTlb(long q0, long q1) {
    int shift = shift(q1, flag(q1, 0));
    return new DeviceTlb(
        field(q0, 32, 16), aligned(q1, shift), shift, physicalFunction(q0), field(q0, 16, 5));
  }

  private static QueueDescriptor pasidDeviceTlb(long q0, long q1) {
    int shift = shift(q1, flag(q1, 11));
    return new PasidDeviceTlb(
        field(q0, 16, 16),
        field(q0, PASID, PASID_BITS),
        flag(q1, 0),
        aligned(q1, shift),
        shift,
        physicalFunction(q0),
        field(q0, 4, 5));
  }

  private static int physicalFunction(long q0) {
    return field(q0, 12, 4) | (field(q0, 52, 12) << 4);
  }

  private static QueueDescriptor pageGroupResponse(long q0, long q1, long q2, long q3) {
    int code = field(q0, 12, 4);
    if (code != RESPONSE_SUCCESS && code != RESPONSE_INVALID && code != RESPONSE_FAILURE) {
      return new Malformed(QueueError.RESERVED_FIELD);
    }
    return new PageGroupResponse(
        field(q0, 16, 16),
        flag(q0, 4),
        flag(q0, 4) ? field(q0, PASID, PASID_BITS) : 0,
        code,
        field(q1, 3, 9),
        flag(q1, 2),
        flag(q0, 5),
        q2,
        q3);
  }

  /**
   * ATS's size of what an address stands for: a page, or with S set twice the range below the
   * lowest clear address bit.
   */
  private static int shift(long address, boolean s) {
    if (!s) {
      return ADDRESS_SHIFT;
    }
    int clear = Long.numberOfTrailingZeros(~(address | ~ADDRESS));
    return Math.min(clear + 1, Long.SIZE);
  }

  private static long aligned(long address, int shift) {
    return shift == Long.SIZE ? 0 : address & (-1L << shift);
  }

  private static int field(long word, int shift, int bits) {
    return (int) (word >>> shift & ((1L << bits) - 1));
  }

  private static boolean flag(long word, int bit) {
    return (word >>> bit & 1) != 0;
  }

  /** The bits from high to low, both included. */
  private static long bits(int high, int low) {
    return (-1L << low) & (-1L >>> (Long.SIZE - 1 - high));
  }
}
