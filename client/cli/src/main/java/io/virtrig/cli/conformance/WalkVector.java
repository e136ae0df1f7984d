package io.virtrig.cli.conformance;

import static io.virtrig.cli.conformance.VectorFields.flag;
import static io.virtrig.cli.conformance.VectorFields.hex;
import static io.virtrig.cli.conformance.VectorFields.list;
import static io.virtrig.cli.conformance.VectorFields.number;
import static io.virtrig.cli.conformance.VectorFields.object;
import static io.virtrig.cli.conformance.VectorFields.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.protobuf.ByteString;
import io.virtrig.v1.Access;
import io.virtrig.v1.MemoryBytes;
import io.virtrig.v1.MemoryRange;
import io.virtrig.v1.SmmuImage;
import io.virtrig.v1.TranslationFault;
import io.virtrig.v1.VtdImage;
import io.virtrig.v1.Walk;
import io.virtrig.v1.WalkImageRequest;
import io.virtrig.v1.WordUpdate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An image of memory with accesses, and what must come of each. */
public final class WalkVector {
  private static final int SAGAW = 8;
  private static final int MGAW = 16;
  private static final int SLLPS = 34;
  private static final long FL1GP = 1L << 56;
  private static final long FL5LP = 1L << 60;
  private static final long ECAP = 1L << 26 | 1L << 31 | 1L << 46 | 1L << 47 | 1L << 49;
  private static final long ECAP_PT = 1L << 6;

  /** Both stages, two-level context descriptors, no stalls, terminated transactions abort. */
  private static final int IDR0 = 1 | 1 << 1 | 1 << 19 | 1 << 24 | 1 << 26;

  private static final int SSIDSIZE = 20 << 6;
  private static final List<Integer> OUTPUT_BITS = List.of(32, 36, 40, 42, 44, 48, 52);

  private static final Map<String, String> STRUCTURES =
      Map.of(
          "root", "root table",
          "context", "context table",
          "pasiddir", "PASID directory",
          "pasid", "PASID table",
          "first", "first level",
          "second", "second level");

  private WalkVector() {}

  static List<String> differences(JsonObject image, Transport transport) {
    JsonArray accesses = list(image, "accesses");
    List<Walk> walks = transport.walkImage(request(image)).getWalksList();
    List<String> differences = new ArrayList<>();
    if (walks.size() != accesses.size()) {
      differences.add(accesses.size() + " accesses, " + walks.size() + " walks");
      return differences;
    }
    for (int i = 0; i < walks.size(); i++) {
      JsonObject access = object("accesses", accesses.get(i));
      JsonObject expect = object(access, "expect");
      if (!matches(image, expect, walks.get(i))) {
        differences.add(
            "access "
                + i
                + " of "
                + text(access, "iova")
                + ": expected "
                + expect
                + ", got "
                + described(walks.get(i)));
      }
    }
    return differences;
  }

  /** The image as a request; fields that are missing are found to be so here. */
  public static WalkImageRequest request(JsonObject image) {
    WalkImageRequest.Builder request = WalkImageRequest.newBuilder().setVerdictOnly(true);
    JsonObject config = object(image, "config");
    if (text(image, "regime").startsWith("smmu")) {
      request.setSmmu(smmu(config));
    } else {
      request.setVtd(vtd(image, config));
    }
    for (JsonElement range : list(image, "ram")) {
      JsonArray bounds = list("ram", range);
      if (bounds.size() != 2) {
        throw new JsonParseException("\"ram\" takes lists of a base and a size, not " + bounds);
      }
      request.addRam(
          MemoryRange.newBuilder()
              .setBase(number("ram", bounds.get(0)))
              .setSize(number("ram", bounds.get(1))));
    }
    for (Map.Entry<String, JsonElement> run : object(image, "memory").entrySet()) {
      request.addMemory(
          MemoryBytes.newBuilder()
              .setAddress(Long.decode(run.getKey()))
              .setBytes(
                  ByteString.copyFrom(HexFormat.of().parseHex(text("memory", run.getValue())))));
    }
    for (JsonElement access : list(image, "accesses")) {
      request.addAccesses(access(object("accesses", access)));
    }
    return request.build();
  }

  private static Access access(JsonObject json) {
    Access.Builder access =
        Access.newBuilder()
            .setSource((int) number(json, "sid", 0))
            .setIova(number(json, "iova"))
            .setWrite(text(json, "access").equals("w"))
            .setPrivileged(flag(json, "privileged"));
    String pasid = json.has("pasid") ? "pasid" : "ssid";
    if (json.has(pasid)) {
      access.setPasid((int) number(json, pasid));
    }
    return access.build();
  }

  private static VtdImage vtd(JsonObject image, JsonObject config) {
    long cap =
        number(config, "sllps", 0) << SLLPS
            | (number(config, "mgaw", 48) - 1) << MGAW
            | (flag(config, "fl1gp") ? FL1GP : 0)
            | (flag(config, "fl5lp") ? FL5LP : 0);
    for (JsonElement levels : list(config, "sagaw")) {
      cap |= 1L << (SAGAW + number("sagaw", levels) - 2);
    }
    VtdImage.Builder unit =
        VtdImage.newBuilder()
            .setHostAddressWidth((int) number(config, "haw", 48))
            .setCap(cap)
            .setEcap(ECAP | (flag(config, "pt") ? ECAP_PT : 0))
            .setRtaddr(number(image, "rtaddr", 0));
    if (image.has("pasid_entry")) {
      list(image, "pasid_entry").forEach(word -> unit.addPasidEntry(number("pasid_entry", word)));
    }
    return unit.build();
  }

  private static SmmuImage smmu(JsonObject config) {
    boolean linear = text(config, "fmt").equals("linear");
    return SmmuImage.newBuilder()
        .setStrtabBase(number(config, "strtab_base", 0))
        .setStrtabBaseCfg(
            (int) (number(config, "log2size", 0) | number(config, "split", 0) << 6)
                | (linear ? 0 : 1 << 16))
        .setIdr0(IDR0)
        .setIdr1((int) number(config, "sidsize", 16) | SSIDSIZE)
        .setIdr5(outputSize(number(config, "oas", 44)))
        .build();
  }

  private static int outputSize(long bits) {
    int size = bits == (int) bits ? OUTPUT_BITS.indexOf((int) bits) : -1;
    if (size < 0) {
      throw new JsonParseException("\"oas\" is " + bits + ", not one of " + OUTPUT_BITS);
    }
    return size;
  }

  private static boolean matches(JsonObject image, JsonObject expect, Walk walk) {
    if (expect.has("abort")) {
      return walk.getVerdict().getAborted();
    }
    if (expect.has("fault")) {
      return walk.getVerdict().hasFault()
          && faultMatches(object(expect, "fault"), walk.getVerdict().getFault());
    }
    return walk.getVerdict().hasTranslated()
        && walk.getVerdict().getTranslated().getAddress() == number(expect, "hpa")
        && walk.getVerdict().getTranslated().getPageSize()
            == number(expect, "page", walk.getVerdict().getTranslated().getPageSize())
        && walk.getReferences() == number(expect, "refs", walk.getReferences())
        && (!flag(image, "check_ad") || updates(expect).equals(updates(walk)));
  }

  private static boolean faultMatches(JsonObject expect, TranslationFault fault) {
    if (expect.has("event")) {
      return fault.getName().equals(text(expect, "event"))
          && fault.getCode() == number(expect, "type", fault.getCode())
          && (!expect.has("class")
              || (fault.getEventClass().equals(text(expect, "class"))
                  && fault.getStage2() == flag(expect, "s2")))
          && levelMatches(expect, fault);
    }
    boolean code = fault.getCode() == number(expect, "reason");
    if (expect.has("accept")) {
      for (JsonElement other : list(expect, "accept")) {
        code |= fault.getCode() == number("accept", other);
      }
    }
    String structure = text(expect, "stage");
    return code
        && fault.getStructure().equals(STRUCTURES.getOrDefault(structure, structure))
        && levelMatches(expect, fault);
  }

  private static boolean levelMatches(JsonObject expect, TranslationFault fault) {
    return !expect.has("level") || fault.getLevel() == number(expect, "level");
  }

  private static Map<Long, Long> updates(JsonObject expect) {
    Map<Long, Long> updates = new TreeMap<>();
    if (expect.has("updates")) {
      object(expect, "updates")
          .entrySet()
          .forEach(
              update ->
                  updates.put(
                      Long.decode(update.getKey()),
                      Long.reverseBytes(
                          HexFormat.fromHexDigitsToLong(text("updates", update.getValue())))));
    }
    return updates;
  }

  private static Map<Long, Long> updates(Walk walk) {
    Map<Long, Long> updates = new TreeMap<>();
    for (WordUpdate update : walk.getUpdatesList()) {
      updates.put(update.getAddress(), update.getWord());
    }
    return updates;
  }

  private static String described(Walk walk) {
    return switch (walk.getVerdict().getOutcomeCase()) {
      case TRANSLATED ->
          hex(walk.getVerdict().getTranslated().getAddress())
              + ", page "
              + hex(walk.getVerdict().getTranslated().getPageSize())
              + ", "
              + walk.getReferences()
              + " references, updates "
              + updates(walk);
      case FAULT ->
          walk.getVerdict().getFault().getName()
              + " "
              + hex(walk.getVerdict().getFault().getCode())
              + " in "
              + walk.getVerdict().getFault().getStructure()
              + " at level "
              + walk.getVerdict().getFault().getLevel();
      case ABORTED -> "aborted";
      case INTERRUPT_REQUEST -> "an interrupt request";
      case OUTCOME_NOT_SET -> "nothing";
    };
  }
}
