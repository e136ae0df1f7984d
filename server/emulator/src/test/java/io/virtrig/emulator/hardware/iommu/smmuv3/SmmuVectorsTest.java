package io.virtrig.emulator.hardware.iommu.smmuv3;

import static io.virtrig.emulator.hardware.iommu.VectorFiles.flag;
import static io.virtrig.emulator.hardware.iommu.VectorFiles.number;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.ImageMemory;
import io.virtrig.emulator.hardware.iommu.VectorFiles;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every recorded transaction of the SMMU. */
class SmmuVectorsTest {
  private static final int OAS_44 = 4;
  private static final int SUBSTREAM_BITS = 20;

  @ParameterizedTest
  @CsvSource({"s1, 280", "s2, 200", "nested, 200"})
  void transactionsAreAsRecorded(String name, int accesses) {
    List<String> differences = new ArrayList<>();
    int run = 0;
    for (JsonObject image : VectorFiles.read("walk/smmu-" + name + ".jsonl")) {
      JsonObject config = image.getAsJsonObject("config");
      assertThat(number(config, "oas", 0)).isEqualTo(44);
      ImageMemory memory = ImageMemory.of(image);
      SmmuTranslation translation =
          new SmmuTranslation(memory, capabilities(config), WalkObserver.NONE);
      boolean linear = config.get("fmt").getAsString().equals("linear");
      int cfg =
          (int) (number(config, "log2size", 0) | (number(config, "split", 0) << 6))
              | (linear ? 0 : 1 << 16);
      for (JsonElement element : image.getAsJsonArray("accesses")) {
        JsonObject access = element.getAsJsonObject();
        SmmuOutcome outcome =
            translation.translate(number(config, "strtab_base", 0), cfg, request(access));
        String actual = described(outcome);
        String expected = described(access.getAsJsonObject("expect"));
        if (!actual.equals(expected)) {
          differences.add(image.get("id") + " " + access + ": " + actual);
        }
        assertThat(memory.changed()).isEmpty();
        run++;
      }
    }
    assertThat(differences).isEmpty();
    assertThat(run).isEqualTo(accesses);
  }

  private static SmmuCapabilities capabilities(JsonObject config) {
    return new SmmuCapabilities(
        SmmuCapabilities.IDR0_S1P
            | SmmuCapabilities.IDR0_S2P
            | SmmuCapabilities.IDR0_CD2L
            | SmmuCapabilities.IDR0_NO_STALL
            | SmmuCapabilities.IDR0_TERM_MODEL,
        (int) number(config, "sidsize", 16)
            | (SUBSTREAM_BITS << SmmuCapabilities.IDR1_SSIDSIZE_SHIFT),
        OAS_44);
  }

  private static DmaRequest request(JsonObject access) {
    return new DmaRequest(
        (int) number(access, "sid", 0),
        (int) number(access, "ssid", DmaRequest.NO_PASID),
        number(access, "iova", 0),
        access.get("access").getAsString().equals("w"),
        flag(access, "privileged"));
  }

  private static String described(SmmuOutcome outcome) {
    SmmuEvent event = outcome.event();
    if (outcome.aborted()) {
      return "aborted";
    }
    if (event == null) {
      return Long.toHexString(outcome.address()) + " of " + (1L << outcome.pageShift());
    }
    return outcome.eventClass() == null
        ? event + " " + event.type()
        : event
            + " "
            + event.type()
            + " "
            + outcome.eventClass()
            + " "
            + outcome.stage2()
            + " "
            + outcome.level();
  }

  private static String described(JsonObject expect) {
    if (expect.has("abort")) {
      return "aborted";
    }
    if (expect.has("hpa")) {
      return Long.toHexString(number(expect, "hpa", 0)) + " of " + number(expect, "page", 0);
    }
    JsonObject fault = expect.getAsJsonObject("fault");
    String event = fault.get("event").getAsString() + " " + number(fault, "type", 0);
    return fault.has("class")
        ? event
            + " "
            + fault.get("class").getAsString()
            + " "
            + flag(fault, "s2")
            + " "
            + number(fault, "level", SmmuOutcome.NO_LEVEL)
        : event;
  }
}
