package io.virtrig.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.virtrig.cli.conformance.CaseText.Source;
import io.virtrig.cli.conformance.Outcome.Failed;
import io.virtrig.v1.DecodeDescriptorRequest;
import io.virtrig.v1.DecodeDescriptorResponse;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.RunVirtqueuesRequest;
import io.virtrig.v1.RunVirtqueuesResponse;
import io.virtrig.v1.Translated;
import io.virtrig.v1.TranslationFault;
import io.virtrig.v1.Verdict;
import io.virtrig.v1.Walk;
import io.virtrig.v1.WalkImageRequest;
import io.virtrig.v1.WalkImageResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A vector or case that is none fails, and says why; the run goes on. */
class BrokenCaseTest {
  private static final String VTD =
      """
      {"id": "w", "regime": "vtd-sl3", "config": {"haw": 39, "sagaw": [3], "pt": true}, "check_ad": true,
       "ram": [["0x0", 8192]], "rtaddr": "0x0", "pasid_entry": ["0x1"], "memory": {"0x0": "00ff"},
       "accesses": [{"sid": 1, "iova": "0x0", "access": "r", "pasid": 1,
                     "expect": {"hpa": "0x0", "page": 4096, "refs": 0, "updates": {"0x0": "00"}}},
                    {"iova": 0, "access": "w", "expect": {"fault": {"reason": 3, "accept": [4], "stage": "first",
                                                                     "level": 1}}}]}""";
  private static final String SMMU =
      """
      {"id": "s", "regime": "smmu-s1", "config": {"fmt": "linear", "log2size": 1, "strtab_base": "0x0", "oas": 44},
       "ram": [], "memory": {},
       "accesses": [{"iova": "0x0", "access": "r", "ssid": 1, "expect": {"abort": true}},
                    {"iova": "0x0", "access": "r",
                     "expect": {"fault": {"event": "F_TRANSLATION", "type": 16, "class": "IN", "s2": false}}}]}""";
  private static final String DESCRIPTOR =
      """
      {"id": "d", "width": 128, "desc": "00", "expect": {"type": "iotlb", "did": 0, "drain_read": true,
       "error": {"reason": "x"}}, "viommu": {"type": "iotlb"}}""";
  private static final String VIRTQUEUE =
      """
      {"id": "q", "device": {"model": "sim", "features": ["VIRTIO_F_VERSION_1"]}, "kicks": [0],
       "memory": [{"iova": "0x0", "data": [{"at": 0, "hex": "00"}]}], "expect": {"error": {"kind": "x"}}}""";

  private static final String CASE =
      """
      {"id": "c", "title": "t", "why": "w", "host": {"arch": "x86_64", "devices": [{"bdf": "0000:00:02.0", "group": 1}]},
       "steps": [{"do": "open", "in": "vmm", "arg": {"path": "/dev/kvm"}, "as": "kvm",
                  "expect": {"errno": "OK", "ret": 0, "note": "n"}},
                 {"do": "KVM_CHECK_EXTENSION", "on": "kvm", "arg": {"value": "$kvm+1"}, "save": {"n": "ret"},
                  "expect": {"ret": {"ge": 0}, "out": {}}},
                 {"do": "VFIO_IOMMU_GET_INFO", "on": "kvm", "arg": {"argsz": 4, "flags": ["VFIO_IOMMU_INFO_PGSIZES", 1]},
                  "expect": {"out": {"argsz": 0, "caps": {"dma_avail": null},
                                     "iova_pgsizes": {"has": 0}}}},
                 {"do": "read", "on": "kvm", "expect": {"out": {"bytes": {"len": 0}}}}]}""";

  /** Answers of the right kinds, empty but for what leads into the comparisons. */
  private static final Transport ANSWERS =
      new Transport() {
        @Override
        public SimulatedHost create(HostSpec spec) {
          return new SimulatedHost() {
            @Override
            public Result execute(Operation operation) {
              Descriptor answers = Result.getDescriptor();
              FieldDescriptor member = answers.findFieldByNumber(operation.getOpCase().getNumber());
              Result.Builder result = Result.newBuilder();
              return result.setField(member, result.newBuilderForField(member).build()).build();
            }

            @Override
            public void close() {}
          };
        }

        @Override
        public RunVirtqueuesResponse run(RunVirtqueuesRequest request) {
          return RunVirtqueuesResponse.getDefaultInstance();
        }

        @Override
        public WalkImageResponse walkImage(WalkImageRequest request) {
          WalkImageResponse.Builder response = WalkImageResponse.newBuilder();
          for (int i = 0; i < request.getAccessesCount(); i++) {
            Verdict.Builder verdict = Verdict.newBuilder();
            if (request.hasVtd() && i == 0) {
              verdict.setTranslated(Translated.getDefaultInstance());
            } else {
              verdict.setFault(TranslationFault.newBuilder().setName("F_TRANSLATION").setCode(16));
            }
            response.addWalks(Walk.newBuilder().setVerdict(verdict));
          }
          return response.build();
        }

        @Override
        public DecodeDescriptorResponse decodeDescriptor(DecodeDescriptorRequest request) {
          return DecodeDescriptorResponse.newBuilder().setType("iotlb").build();
        }
      };

  private static final List<JsonElement> WRONG =
      List.of(
          JsonNull.INSTANCE,
          new JsonPrimitive(-1),
          new JsonPrimitive(1.5),
          new JsonPrimitive("word"),
          new JsonPrimitive(true),
          new JsonArray(),
          new JsonObject());

  @ParameterizedTest
  @ValueSource(strings = {VTD, SMMU, DESCRIPTOR, VIRTQUEUE, CASE})
  void whateverIsWrongTheRunGoesOn(String vector) {
    JsonObject whole = JsonParser.parseString(vector).getAsJsonObject();
    List<JsonObject> broken = new ArrayList<>();
    breakEverywhere(whole, () -> broken.add(whole.deepCopy()));
    assertThat(broken).hasSizeGreaterThan(50);
    for (JsonObject each : broken) {
      assertThat(outcome(each)).as(each.toString()).isNotNull();
    }
  }

  @Test
  void theCaseItselfPasses() {
    assertThat(outcome(JsonParser.parseString(CASE).getAsJsonObject()))
        .isInstanceOf(Outcome.Passed.class);
  }

  @Test
  void whatIsMissingIsNamed() {
    assertThat(problemWithout(json -> json.getAsJsonObject("config").remove("sagaw")))
        .isEqualTo("not a vector: there is no \"sagaw\"");
    assertThat(problemWithout(json -> json.addProperty("accesses", 3)))
        .isEqualTo("not a vector: \"accesses\" is no list");
    assertThat(problemWithout(json -> json.addProperty("rtaddr", "0xg")))
        .isEqualTo("not a vector: \"rtaddr\" is no number: 0xg");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 33, -1, 52L + (1L << 32)})
  void anOutputSizeThatNoSmmuHasIsNamed(long bits) {
    assertThat(problemWith(SMMU, json -> json.getAsJsonObject("config").addProperty("oas", bits)))
        .isEqualTo(
            "not a vector: \"oas\" is " + bits + ", not one of [32, 36, 40, 42, 44, 48, 52]");
  }

  private static String problemWithout(Consumer<JsonObject> change) {
    return problemWith(VTD, change);
  }

  private static String problemWith(String vector, Consumer<JsonObject> change) {
    JsonObject json = JsonParser.parseString(vector).getAsJsonObject();
    change.accept(json);
    return ((Failed) outcome(json)).problem();
  }

  private static Outcome outcome(JsonObject json) {
    Source source = new Source("area", Path.of("file"), 1);
    return CaseReader.read(source, json.toString()).run(ANSWERS);
  }

  /** Replaces and leaves out everything inside, one thing at a time. */
  private static void breakEverywhere(JsonElement inside, Runnable broken) {
    if (inside.isJsonObject()) {
      JsonObject object = inside.getAsJsonObject();
      for (String name : List.copyOf(object.keySet())) {
        JsonElement right = object.get(name);
        for (JsonElement wrong : WRONG) {
          object.add(name, wrong);
          broken.run();
        }
        object.remove(name);
        broken.run();
        object.add(name, right);
        breakEverywhere(right, broken);
      }
    } else if (inside.isJsonArray()) {
      JsonArray array = inside.getAsJsonArray();
      for (int i = 0; i < array.size(); i++) {
        JsonElement right = array.get(i);
        for (JsonElement wrong : WRONG) {
          array.set(i, wrong);
          broken.run();
        }
        array.set(i, right);
        breakEverywhere(right, broken);
      }
    }
  }
}
