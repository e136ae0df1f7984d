package io.virtrig.emulator.translation;

import io.virtrig.v1.DecodeDescriptorResponse;
import io.virtrig.v1.DescriptorError;
import io.virtrig.v1.StatusWrite;

/**
 * Descriptors as the vIOMMU of the QEMU series for vSVA (RFC v9) takes them: it looks at the lower
 * four type bits only, widens domain-selective context invalidations, ignores PASID-based
 * device-TLB ones, and aligns no address.
 */
public final class ViommuDescriptor {
  private static final int DESCRIPTOR_TYPE = 3;
  private static final int RESERVED_FIELD = 4;
  private static final long ADDRESS = -1L << 12;
  private static final int PAGE_SHIFT = 12;

  private static final long CONTEXT_RESERVED = 0xfffc00000000ffc0L;
  private static final long IOTLB_RESERVED = 0xffffffff0000ff00L;
  private static final long DEVICE_TLB_RESERVED = 0xffff0000ffe0fff0L;
  private static final long DEVICE_TLB_RESERVED_1 = 0xffeL;
  private static final long WAIT_RESERVED = 0xffffff80L;
  private static final long WAIT_RESERVED_1 = 3L;
  private static final long PASID_RESERVED = 0xfff000000000ffc0L;
  private static final long PAGES_RESERVED = 0xf80L;

  private final long q0;
  private final long q1;
  private final long rest;
  private final DecodeDescriptorResponse.Builder out;

  private ViommuDescriptor(long[] words, DecodeDescriptorResponse.Builder out) {
    q0 = words[0];
    q1 = words[1];
    rest = words[2] | words[3];
    this.out = out;
  }

  /** Decodes a descriptor of four words; the last two are 0 in a queue that is not wide. */
  public static void decode(
      long[] words, boolean wide, int maximumAddressMask, DecodeDescriptorResponse.Builder out) {
    ViommuDescriptor descriptor = new ViommuDescriptor(words, out);
    switch ((int) words[0] & 0xf) {
      case 1 -> descriptor.contextCache();
      case 2 -> descriptor.iotlb(maximumAddressMask);
      case 3 -> descriptor.deviceTlb();
      case 4 -> descriptor.interruptEntry();
      case 5 -> descriptor.waitFor();
      case 6 -> descriptor.pasidIotlb();
      case 7 -> descriptor.pasidCache(wide);
      case 8 -> out.setType("pasid_device_tlb").setIgnored(true);
      default -> descriptor.error(DESCRIPTOR_TYPE, "descriptor type");
    }
  }

  private int field(int shift, int bits) {
    return (int) (q0 >>> shift & ((1L << bits) - 1));
  }

  private int granularity() {
    return field(4, 2);
  }

  private int domain() {
    return field(16, 16);
  }

  private void error(int iqei, String name) {
    out.clear().setError(DescriptorError.newBuilder().setIqei(iqei).setName(name));
  }

  private void reserved() {
    error(RESERVED_FIELD, "reserved field");
  }

  private void contextCache() {
    out.setType("context_cache");
    if ((q0 & CONTEXT_RESERVED) != 0 || q1 != 0 || granularity() == 0) {
      reserved();
    } else if (granularity() == 1) {
      out.setGranularity("global");
    } else if (granularity() == 2) {
      out.setGranularity("domain").setTreatedAs("global");
    } else {
      out.setGranularity("device").setSid(field(32, 16)).setFm(field(48, 2));
    }
  }

  private void iotlb(int maximumAddressMask) {
    out.setType("iotlb");
    int mask = (int) q1 & 0x3f;
    if ((q0 & IOTLB_RESERVED) != 0
        || (q1 & PAGES_RESERVED) != 0
        || granularity() == 0
        || (granularity() == 3 && mask > maximumAddressMask)) {
      reserved();
    } else if (granularity() == 1) {
      out.setGranularity("global");
    } else if (granularity() == 2) {
      out.setGranularity("domain").setDid(domain());
    } else {
      out.setGranularity("page").setDid(domain()).setAddress(q1 & ADDRESS).setAm(mask);
    }
  }

  private void deviceTlb() {
    if ((q0 & DEVICE_TLB_RESERVED) != 0 || (q1 & DEVICE_TLB_RESERVED_1) != 0) {
      reserved();
      return;
    }
    int shift = PAGE_SHIFT;
    if ((q1 & 1) != 0) {
      shift = Math.min(Long.numberOfTrailingZeros(~(q1 | ~ADDRESS)) + 1, Long.SIZE);
    }
    out.setType("device_tlb")
        .setSid(field(32, 16))
        .setAddress(shift == Long.SIZE ? 0 : q1 & ADDRESS & (-1L << shift))
        .setSize(DescriptorDecoding.size(shift));
  }

  private void interruptEntry() {
    out.setType("interrupt_entry");
    if (field(4, 1) == 0) {
      out.setGranularity("global");
    } else {
      out.setGranularity("index").setIndex(field(32, 16)).setIm(field(27, 5));
    }
  }

  private void waitFor() {
    boolean status = field(5, 1) != 0;
    boolean interrupt = field(4, 1) != 0;
    if ((q0 & WAIT_RESERVED) != 0 || (q1 & WAIT_RESERVED_1) != 0) {
      reserved();
    } else if (status && interrupt) {
      out.setUndefined(true);
    } else if (status) {
      out.setType("wait")
          .setStatusWrite(StatusWrite.newBuilder().setAddress(q1).setData((int) (q0 >>> 32)))
          .setInterrupt(false);
    } else if (interrupt) {
      out.setType("wait").setInterrupt(true);
    } else {
      error(RESERVED_FIELD, "neither status write nor interrupt");
    }
  }

  private void pasidIotlb() {
    out.setType("pasid_iotlb");
    if ((q0 & PASID_RESERVED) != 0
        || (q1 & PAGES_RESERVED) != 0
        || rest != 0
        || granularity() < 2) {
      reserved();
      return;
    }
    out.setDid(domain()).setPasid(field(32, 20));
    if (granularity() == 2) {
      out.setGranularity("pasid");
    } else {
      out.setGranularity("page")
          .setAddress(q1 & ADDRESS)
          .setAm((int) q1 & 0x3f)
          .setLeafOnly((q1 >>> 6 & 1) != 0);
    }
  }

  /** In a queue of narrow descriptors its model reads words that are not there. */
  private void pasidCache(boolean wide) {
    out.setType("pasid_cache");
    if (!wide && q1 != 0) {
      out.clear().setUndefined(true);
    } else if ((q0 & PASID_RESERVED) != 0 || q1 != 0 || rest != 0 || granularity() == 2) {
      reserved();
    } else if (granularity() == 0) {
      out.setGranularity("domain").setDid(domain());
    } else if (granularity() == 1) {
      out.setGranularity("pasid").setDid(domain()).setPasid(field(32, 20));
    } else {
      out.setGranularity("global");
    }
  }
}
