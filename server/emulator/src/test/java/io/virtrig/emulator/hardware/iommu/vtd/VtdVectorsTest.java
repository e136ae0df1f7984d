package io.virtrig.emulator.hardware.iommu.vtd;

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
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every recorded access of VT-d. */
class VtdVectorsTest {

  @ParameterizedTest
  @CsvSource({
    "legacy, 240",
    "sm, 240",
    "sl, 560",
    "fl, 440",
    "nested, 440",
  })
  void accessesAreAsRecorded(String name, int accesses) {
    List<String> differences = new ArrayList<>();
    int run = 0;
    for (JsonObject image : VectorFiles.read("walk/vtd-" + name + ".jsonl")) {
      ImageMemory memory = ImageMemory.of(image);
      VtdTranslation translation =
          new VtdTranslation(
              memory, capabilities(image.getAsJsonObject("config")), WalkObserver.NONE);
      for (JsonElement access : image.getAsJsonArray("accesses")) {
        memory.reset();
        VtdOutcome outcome = translate(translation, image, access.getAsJsonObject());
        String difference = difference(image, memory, outcome, access.getAsJsonObject());
        if (!difference.isEmpty()) {
          differences.add(image.get("id") + " " + access + ": " + difference);
        }
        run++;
      }
    }
    assertThat(differences).isEmpty();
    assertThat(run).isEqualTo(accesses);
  }

  private static VtdCapabilities capabilities(JsonObject config) {
    long cap =
        (number(config, "sllps", 0) << VtdCapabilities.CAP_SLLPS_SHIFT)
            | ((number(config, "mgaw", 48) - 1) << VtdCapabilities.CAP_MGAW_SHIFT)
            | (flag(config, "fl1gp") ? VtdCapabilities.CAP_FL1GP : 0)
            | (flag(config, "fl5lp") ? VtdCapabilities.CAP_FL5LP : 0);
    for (JsonElement depth : config.getAsJsonArray("sagaw")) {
      cap |= 1L << (VtdCapabilities.CAP_SAGAW_SHIFT + depth.getAsInt() - 2);
    }
    long ecap =
        VtdCapabilities.ECAP_FLTS
            | VtdCapabilities.ECAP_SLTS
            | VtdCapabilities.ECAP_NEST
            | VtdCapabilities.ECAP_RPS
            | (flag(config, "pt") ? VtdCapabilities.ECAP_PT : 0);
    return new VtdCapabilities((int) number(config, "haw", 48), cap, ecap);
  }

  private static VtdOutcome translate(
      VtdTranslation translation, JsonObject image, JsonObject access) {
    DmaRequest request =
        new DmaRequest(
            (int) number(access, "sid", 0),
            (int) number(access, "pasid", DmaRequest.NO_PASID),
            number(access, "iova", 0),
            access.get("access").getAsString().equals("w"),
            flag(access, "privileged"));
    if (!image.has("pasid_entry")) {
      return translation.translate(number(image, "rtaddr", 0), request);
    }
    long[] entry = new long[8];
    int word = 0;
    for (JsonElement given : image.getAsJsonArray("pasid_entry")) {
      entry[word++] = Long.parseUnsignedLong(given.getAsString().substring(2), 16);
    }
    return translation.translate(entry, request);
  }

  private static String difference(
      JsonObject image, ImageMemory memory, VtdOutcome outcome, JsonObject access) {
    JsonObject expect = access.getAsJsonObject("expect");
    VtdFault fault = outcome.fault();
    if (expect.has("fault")) {
      JsonObject wanted = expect.getAsJsonObject("fault");
      List<Long> reasons = new ArrayList<>(List.of(number(wanted, "reason", 0)));
      if (wanted.has("accept")) {
        wanted.getAsJsonArray("accept").forEach(other -> reasons.add(other.getAsLong()));
      }
      boolean same =
          fault != null
              && reasons.contains((long) outcome.code())
              && stage(outcome).equals(wanted.get("stage").getAsString())
              && outcome.level() == number(wanted, "level", 0);
      return same
          ? ""
          : fault + " " + outcome.code() + " " + stage(outcome) + " " + outcome.level();
    }
    if (fault != null) {
      return fault + " " + stage(outcome) + " " + outcome.level();
    }
    if (outcome.address() != number(expect, "hpa", 0)
        || 1L << outcome.pageShift() != number(expect, "page", 0)
        || outcome.references() != number(expect, "refs", outcome.references())) {
      return Long.toHexString(outcome.address())
          + " "
          + outcome.pageShift()
          + " "
          + outcome.references();
    }
    return flag(image, "check_ad") && !updates(expect).equals(memory.changed())
        ? memory.changed().toString()
        : "";
  }

  private static String stage(VtdOutcome outcome) {
    return switch (outcome.kind()) {
      case ROOT -> "root";
      case CONTEXT -> "context";
      case PASID_DIRECTORY -> "pasiddir";
      case PASID_TABLE -> "pasid";
      case FIRST_LEVEL -> "first";
      case SECOND_LEVEL -> "second";
      default -> throw new AssertionError(outcome.kind());
    };
  }

  private static Map<Long, Long> updates(JsonObject expect) {
    Map<Long, Long> updates = new TreeMap<>();
    if (expect.has("updates")) {
      expect
          .getAsJsonObject("updates")
          .entrySet()
          .forEach(
              update ->
                  updates.put(
                      Long.decode(update.getKey()),
                      Long.reverseBytes(
                          HexFormat.fromHexDigitsToLong(update.getValue().getAsString()))));
    }
    return updates;
  }
}
