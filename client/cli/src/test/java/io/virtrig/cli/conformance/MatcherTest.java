package io.virtrig.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Message;
import io.virtrig.client.json.UapiJson;
import io.virtrig.client.json.Variables;
import io.virtrig.v1.GuestIrqsResponse;
import io.virtrig.v1.HwDmaReadResponse;
import io.virtrig.v1.KvmGetDirtyLogResponse;
import io.virtrig.v1.KvmGetLapicResponse;
import io.virtrig.v1.KvmIrqLineStatusResponse;
import io.virtrig.v1.MmapResponse;
import io.virtrig.v1.VfioDeviceGetInfoResponse;
import io.virtrig.v1.VfioIommuGetInfoResponse;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MatcherTest {

  private static final Variables VARIABLES = name -> OptionalLong.of(0x1000);

  private static final String CHAIN =
      """
      {"argsz": 116, "flags": 3, "caps": [
        {"id": 2, "version": 1, "flags": 0, "pgsize_bitmap": 4096},
        {"id": 3, "version": 1, "avail": 65535},
        {"id": 1, "version": 1, "iova_ranges": [{"start": 0, "end": 4095}, {"start": 8192, "end": 12287}]}]}
      """;

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private static List<String> differing(String expected, Message got) {
    return Matcher.differences("out", json(expected), got, VARIABLES).stream()
        .map(Difference::what)
        .toList();
  }

  private static Message info() {
    VfioIommuGetInfoResponse.Builder info = VfioIommuGetInfoResponse.newBuilder();
    UapiJson.merge(json(CHAIN), info, Variables.NONE);
    return info.build();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"flags\":6}|true",
        "{\"flags\":\"0x6\"}|true",
        "{\"flags\":7}|false",
        "{\"flags\":[\"VFIO_DEVICE_FLAGS_PCI\",4]}|true",
        "{\"flags\":[\"VFIO_DEVICE_FLAGS_PCI\"]}|false",
        "{\"flags\":{\"has\":[\"VFIO_DEVICE_FLAGS_PCI\"]}}|true",
        "{\"flags\":{\"has\":[\"VFIO_DEVICE_FLAGS_RESET\",2]}}|false",
        "{\"flags\":{\"lacks\":[\"VFIO_DEVICE_FLAGS_RESET\"]}}|true",
        "{\"flags\":{\"lacks\":6}}|false",
        "{\"flags\":{\"has\":2,\"lacks\":4}}|false",
        "{\"argsz\":{\"ge\":4294967295}}|true",
        "{\"argsz\":{\"ge\":0}}|true",
        "{\"argsz\":{\"le\":4294967294}}|false",
        "{\"num_irqs\":{\"ge\":5,\"le\":5}}|true",
        "{\"num_irqs\":{\"ge\":6}}|false",
        "{\"cap_offset\":0}|true",
        "{\"cap_offset\":1}|false",
        "{}|true",
      })
  void integersMeetValuesAndConditions(String expected, boolean matches) {
    VfioDeviceGetInfoResponse got =
        VfioDeviceGetInfoResponse.newBuilder().setArgsz(-1).setFlags(6).setNumIrqs(5).build();
    assertThat(differing(expected, got).isEmpty()).isEqualTo(matches);
  }

  @Test
  void signedFieldsCompareAsSigned() {
    KvmIrqLineStatusResponse got = KvmIrqLineStatusResponse.newBuilder().setStatus(-1).build();
    assertThat(differing("{\"status\":-1}", got)).isEmpty();
    assertThat(differing("{\"status\":{\"ge\":0}}", got)).containsExactly("out.status");
  }

  @Test
  void variablesAreResolved() {
    MmapResponse got = MmapResponse.newBuilder().setRet(0x1010).build();
    assertThat(differing("{\"ret\":\"$m+0x10\"}", got)).isEmpty();
    assertThat(differing("{\"ret\":\"$m\"}", got)).containsExactly("out.ret");
  }

  @Test
  void bytesAreComparedInHexadecimalOrByLength() {
    Message got =
        HwDmaReadResponse.newBuilder()
            .setBytes(com.google.protobuf.ByteString.fromHex("c0ff"))
            .build();
    assertThat(differing("{\"bytes\":\"c0ff\"}", got)).isEmpty();
    assertThat(differing("{\"bytes\":\"c0ff00\"}", got)).containsExactly("out.bytes");
    assertThat(differing("{\"bytes\":{\"len\":2}}", got)).isEmpty();
    assertThat(differing("{\"bytes\":{\"len\":3}}", got)).containsExactly("out.bytes");
    assertThat(differing("{\"dirty_bitmap\":\"00\"}", KvmGetDirtyLogResponse.getDefaultInstance()))
        .containsExactly("out.dirty_bitmap");
  }

  @Test
  void onlyTheListedFieldsOfANestedMessageAreCompared() {
    HwDmaReadResponse.Builder got = HwDmaReadResponse.newBuilder();
    got.getFaultBuilder().setReason("not_present").setAddress(0x1000).setWrite(true);
    assertThat(differing("{\"fault\":{\"address\":4096}}", got.build())).isEmpty();
    assertThat(
            differing(
                "{\"fault\":{\"address\":4097,\"reason\":\"not_bus_master\",\"write\":false}}",
                got.build()))
        .containsExactly("out.fault.address", "out.fault.reason", "out.fault.write");
    assertThat(differing("{\"fault\":{\"address\":0}}", HwDmaReadResponse.getDefaultInstance()))
        .isEmpty();
    assertThat(differing("{\"fault\":null}", got.build())).containsExactly("out.fault");
  }

  @Test
  void aFieldThatTheMessageDoesNotHaveDiffers() {
    assertThat(differing("{\"colour\":0}", info())).containsExactly("out.colour");
  }

  @Test
  void aListIsTheWholeChainInOrder() {
    assertThat(differing(CHAIN, info())).isEmpty();
    assertThat(differing("{\"caps\":[{\"id\":2},{\"id\":3},{\"id\":1}]}", info())).isEmpty();
    assertThat(differing("{\"caps\":[{\"id\":3},{\"id\":2},{\"id\":1}]}", info()))
        .containsExactly("out.caps[0].id", "out.caps[1].id");
    assertThat(differing("{\"caps\":[{\"id\":2},{\"id\":3}]}", info())).containsExactly("out.caps");
    assertThat(differing("{\"caps\":[]}", info())).containsExactly("out.caps");
    assertThat(differing("{\"caps\":{\"len\":3}}", info())).isEmpty();
    assertThat(
            differing(
                "{\"caps\":[{},{},{\"iova_ranges\":[{\"start\":0},{\"end\":12288}]}]}", info()))
        .containsExactly("out.caps[2].iova_ranges[1].end");
  }

  @Test
  void anObjectNamesCapabilitiesByTheirIds() {
    assertThat(
            differing("{\"caps\":{\"VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL\":{\"avail\":65535}}}", info()))
        .isEmpty();
    assertThat(differing("{\"caps\":{\"VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL\":{\"avail\":1}}}", info()))
        .containsExactly("out.caps.VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL.avail");
    assertThat(differing("{\"caps\":{\"VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL\":null}}", info()))
        .containsExactly("out.caps.VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL");
    Message empty = VfioIommuGetInfoResponse.getDefaultInstance();
    assertThat(differing("{\"caps\":{\"VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL\":null}}", empty)).isEmpty();
    assertThat(differing("{\"caps\":{\"VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL\":{}}}", empty))
        .containsExactly("out.caps.VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL");
    assertThatThrownBy(() -> differing("{\"caps\":{\"VFIO_NO_SUCH_CAP\":null}}", info()))
        .hasMessageContaining("VFIO_NO_SUCH_CAP");
  }

  @Test
  void registersAreComparedAsListed() {
    KvmGetLapicResponse got =
        KvmGetLapicResponse.newBuilder().putRegs(0xf0, 0x1ff).putRegs(0x20, 7).build();
    assertThat(differing("{\"regs\":{\"0xf0\":\"0x1ff\"}}", got)).isEmpty();
    assertThat(differing("{\"regs\":{\"240\":\"0x1fe\"}}", got)).containsExactly("out.regs.240");
    assertThat(differing("{\"regs\":{\"768\":0}}", got)).isEmpty();
  }

  @Test
  void countsOfInterruptsAreComparedWhole() {
    GuestIrqsResponse got =
        GuestIrqsResponse.newBuilder().putInjected(24, 2).putPosted(25, 0).build();
    assertThat(differing("{\"injected\":{\"24\":2},\"posted\":{}}", got)).isEmpty();
    assertThat(differing("{\"injected\":{}}", got)).containsExactly("out.injected.24");
    assertThat(differing("{\"injected\":{\"24\":1}}", got)).containsExactly("out.injected.24");
    assertThat(differing("{\"injected\":{\"24\":2,\"26\":1}}", got))
        .containsExactly("out.injected.26");
  }

  @Test
  void anExpectationThatCannotBeMetIsAnErrorRatherThanADifference() {
    assertThatThrownBy(() -> differing("{\"flags\":{\"hass\":1}}", info()))
        .hasMessageContaining("hass");
    assertThatThrownBy(() -> differing("{\"flags\":\"NO_SUCH_FLAG\"}", info()))
        .hasMessageContaining("NO_SUCH_FLAG");
    assertThatThrownBy(() -> differing("{\"caps\":7}", info())).hasMessageContaining("out.caps");
  }
}
