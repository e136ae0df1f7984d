package io.virtrig.emulator.translation;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDecoder;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.*;
import io.virtrig.v1.DecodeDescriptorRequest;
import io.virtrig.v1.DecodeDescriptorResponse;
import io.virtrig.v1.DescriptorError;
import io.virtrig.v1.StatusWrite;
import java.util.Locale;

/** Descriptors of VT-d's invalidation queue as messages, with an explanation. */
public final class DescriptorDecoding {
  private static final int NARROW = 128;
  private static final int WIDE = 256;
  private static final int USUAL_MASK = 18;
  private static final int MOST_MASK = 63;
  private static final int WORDS = 4;

  private DescriptorDecoding() {}

  /**
   * Decodes the descriptor of a request.
   *
   * @throws Refused naming the field that makes no sense
   */
  public static DecodeDescriptorResponse decode(DecodeDescriptorRequest request) {
    int width = request.getWidth() == 0 ? NARROW : request.getWidth();
    if (width != NARROW && width != WIDE) {
      throw Refused.invalid("width", Integer.toUnsignedString(width) + " is neither 128 nor 256");
    }
    if (request.getBytes().size() * Byte.SIZE != width) {
      throw Refused.invalid(
          "bytes", request.getBytes().size() + " bytes; a queue of that width has " + width / 8);
    }
    int mask = request.hasMaximumAddressMask() ? request.getMaximumAddressMask() : USUAL_MASK;
    if (mask < 0 || mask > MOST_MASK) {
      throw Refused.invalid(
          "maximum_address_mask", Integer.toUnsignedString(mask) + " is above " + MOST_MASK);
    }
    long[] words = words(request.getBytes());
    DecodeDescriptorResponse.Builder out = DecodeDescriptorResponse.newBuilder();
    if (request.getViommu()) {
      ViommuDescriptor.decode(words, width == WIDE, mask, out);
    } else {
      fill(
          new QueueDecoder(width == WIDE, !request.getLegacyMode(), mask)
              .decode(words[0], words[1], words[2], words[3]),
          out);
    }
    return out.setExplanation(DescriptorText.of(out)).build();
  }

  private static long[] words(ByteString bytes) {
    long[] words = new long[WORDS];
    for (int i = 0; i < bytes.size(); i++) {
      words[i / Long.BYTES] |= (bytes.byteAt(i) & 0xffL) << (i % Long.BYTES * Byte.SIZE);
    }
    return words;
  }

  private static void fill(QueueDescriptor descriptor, DecodeDescriptorResponse.Builder out) {
    switch (descriptor) {
      case ContextCache it -> {
        granularity(out, "context_cache", it.granularity());
        if (it.granularity() != Granularity.GLOBAL) {
          out.setDid(it.domain());
        }
        if (it.granularity() == Granularity.DEVICE) {
          out.setSid(it.source()).setFm(it.functionMask());
        }
      }
      case Iotlb it -> {
        granularity(out, "iotlb", it.granularity());
        out.setDrainWrite(it.drainWrite()).setDrainRead(it.drainRead());
        if (it.granularity() != Granularity.GLOBAL) {
          out.setDid(it.domain());
        }
        if (it.granularity() == Granularity.PAGE) {
          out.setAddress(it.address()).setAm(it.addressMask()).setLeafOnly(it.leafOnly());
        }
      }
      case DeviceTlb it ->
          out.setType("device_tlb")
              .setSid(it.source())
              .setAddress(it.address())
              .setSize(size(it.shift()))
              .setPfsid(it.physicalFunction())
              .setMip(it.maximumPending());
      case InterruptEntry it -> {
        granularity(out, "interrupt_entry", it.granularity());
        if (it.granularity() == Granularity.INDEX) {
          out.setIndex(it.index()).setIm(it.indexMask());
        }
      }
      case Wait it -> {
        out.setType("wait")
            .setInterrupt(it.interrupt())
            .setFence(it.fence())
            .setPageRequestDrain(it.pageRequestDrain());
        if (it.statusWrite()) {
          out.setStatusWrite(StatusWrite.newBuilder().setAddress(it.address()).setData(it.data()));
        }
      }
      case PasidIotlb it -> {
        granularity(out, "pasid_iotlb", it.granularity());
        out.setDid(it.domain()).setPasid(it.pasid());
        if (it.granularity() == Granularity.PAGE) {
          out.setAddress(it.address()).setAm(it.addressMask()).setLeafOnly(it.leafOnly());
        }
      }
      case PasidCache it -> {
        granularity(out, "pasid_cache", it.granularity());
        if (it.granularity() != Granularity.GLOBAL) {
          out.setDid(it.domain());
        }
        if (it.granularity() == Granularity.PASID) {
          out.setPasid(it.pasid());
        }
      }
      case PasidDeviceTlb it ->
          out.setType("pasid_device_tlb")
              .setSid(it.source())
              .setPasid(it.pasid())
              .setAllPasids(it.allPasids())
              .setAddress(it.address())
              .setSize(size(it.shift()))
              .setPfsid(it.physicalFunction())
              .setMip(it.maximumPending());
      case PageGroupResponse it -> {
        out.setType("page_group_response")
            .setPasidPresent(it.pasidPresent())
            .setCode(it.code() == 0 ? "success" : it.code() == 1 ? "invalid" : "failure")
            .setRid(it.source())
            .setPrgIndex(it.group())
            .setLast(it.last());
        if (it.pasidPresent()) {
          out.setPasid(it.pasid());
        }
      }
      case Malformed it ->
          out.setError(
              DescriptorError.newBuilder()
                  .setIqei(it.error().iqei())
                  .setName(it.error().name().toLowerCase(Locale.ROOT).replace('_', ' ')));
    }
  }

  private static void granularity(
      DecodeDescriptorResponse.Builder out, String type, Granularity granularity) {
    out.setType(type).setGranularity(granularity.name().toLowerCase(Locale.ROOT));
  }

  static String size(int shift) {
    return shift == Long.SIZE ? "0x10000000000000000" : "0x" + Long.toHexString(1L << shift);
  }
}
