package io.virtrig.emulator.hardware.iommu.vtd;

import static io.virtrig.emulator.hardware.iommu.VectorFiles.number;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.virtrig.emulator.hardware.iommu.VectorFiles;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.*;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** Every recorded descriptor of the invalidation queue. */
class QueueVectorsTest {
  private static final int MAMV = 18;

  @Test
  void descriptorsAreAsRecorded() {
    List<JsonObject> vectors = VectorFiles.read("qi/descriptors.jsonl");
    List<String> differences = new ArrayList<>();
    for (JsonObject vector : vectors) {
      String bytes = vector.get("desc").getAsString();
      long[] words = new long[4];
      for (int word = 0; word < bytes.length() / 16; word++) {
        words[word] =
            Long.reverseBytes(HexFormat.fromHexDigitsToLong(bytes, word * 16, word * 16 + 16));
      }
      QueueDescriptor decoded =
          new QueueDecoder(number(vector, "width", 128) == 256, true, MAMV)
              .decode(words[0], words[1], words[2], words[3]);
      JsonObject actual = described(decoded);
      if (!actual.equals(vector.getAsJsonObject("expect"))) {
        differences.add(vector.get("id") + " " + vector.get("expect") + ": " + actual);
      }
    }
    assertThat(differences).isEmpty();
    assertThat(vectors).hasSize(240);
  }

  private static JsonObject described(QueueDescriptor descriptor) {
    JsonObject json = new JsonObject();
    switch (descriptor) {
      case ContextCache it -> {
        granularity(json, "context_cache", it.granularity());
        if (it.granularity() != Granularity.GLOBAL) {
          json.addProperty("did", it.domain());
        }
        if (it.granularity() == Granularity.DEVICE) {
          json.addProperty("sid", it.source());
          json.addProperty("fm", it.functionMask());
        }
      }
      case Iotlb it -> {
        granularity(json, "iotlb", it.granularity());
        json.addProperty("drain_write", it.drainWrite());
        json.addProperty("drain_read", it.drainRead());
        if (it.granularity() != Granularity.GLOBAL) {
          json.addProperty("did", it.domain());
        }
        if (it.granularity() == Granularity.PAGE) {
          pages(json, it.address(), it.addressMask(), it.leafOnly());
        }
      }
      case DeviceTlb it -> {
        json.addProperty("type", "device_tlb");
        json.addProperty("sid", it.source());
        range(json, it.address(), it.shift());
        json.addProperty("pfsid", it.physicalFunction());
        json.addProperty("mip", it.maximumPending());
      }
      case InterruptEntry it -> {
        granularity(json, "interrupt_entry", it.granularity());
        if (it.granularity() == Granularity.INDEX) {
          json.addProperty("index", it.index());
          json.addProperty("im", it.indexMask());
        }
      }
      case Wait it -> {
        json.addProperty("type", "wait");
        if (it.statusWrite()) {
          JsonObject write = new JsonObject();
          write.addProperty("address", hex(it.address()));
          write.addProperty("data", "0x" + Integer.toHexString(it.data()));
          json.add("status_write", write);
        }
        json.addProperty("interrupt", it.interrupt());
        json.addProperty("fence", it.fence());
        json.addProperty("page_request_drain", it.pageRequestDrain());
      }
      case PasidIotlb it -> {
        granularity(json, "pasid_iotlb", it.granularity());
        json.addProperty("did", it.domain());
        json.addProperty("pasid", it.pasid());
        if (it.granularity() == Granularity.PAGE) {
          pages(json, it.address(), it.addressMask(), it.leafOnly());
        }
      }
      case PasidCache it -> {
        granularity(json, "pasid_cache", it.granularity());
        if (it.granularity() != Granularity.GLOBAL) {
          json.addProperty("did", it.domain());
        }
        if (it.granularity() == Granularity.PASID) {
          json.addProperty("pasid", it.pasid());
        }
      }
      case PasidDeviceTlb it -> {
        json.addProperty("type", "pasid_device_tlb");
        json.addProperty("sid", it.source());
        json.addProperty("pasid", it.pasid());
        json.addProperty("mip", it.maximumPending());
        json.addProperty("pfsid", it.physicalFunction());
        json.addProperty("all_pasids", it.allPasids());
        range(json, it.address(), it.shift());
      }
      case PageGroupResponse it -> {
        json.addProperty("type", "page_group_response");
        json.addProperty("pasid_present", it.pasidPresent());
        json.addProperty(
            "code",
            switch (it.code()) {
              case 0 -> "success";
              case 1 -> "invalid";
              default -> "failure";
            });
        json.addProperty("rid", it.source());
        if (it.pasidPresent()) {
          json.addProperty("pasid", it.pasid());
        } else {
          json.add("pasid", JsonNull.INSTANCE);
        }
        json.addProperty("prg_index", it.group());
        json.addProperty("last", it.last());
      }
      case Malformed(QueueError error) -> {
        JsonObject inner = new JsonObject();
        inner.addProperty("iqei", error.iqei());
        inner.addProperty("name", error.name().toLowerCase(Locale.ROOT).replace('_', ' '));
        json.add("error", inner);
      }
    }
    return json;
  }

  private static void granularity(JsonObject json, String type, Granularity granularity) {
    json.addProperty("type", type);
    json.addProperty("granularity", granularity.name().toLowerCase(Locale.ROOT));
  }

  private static void pages(JsonObject json, long address, int mask, boolean leafOnly) {
    json.addProperty("address", hex(address));
    json.addProperty("am", mask);
    json.addProperty("leaf_only", leafOnly);
  }

  private static void range(JsonObject json, long address, int shift) {
    json.addProperty("address", hex(address));
    json.addProperty("size", shift == 64 ? "0x10000000000000000" : hex(1L << shift));
  }

  private static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}
