package io.virtrig.client.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParser;
import com.google.protobuf.Message;
import io.virtrig.v1.GuestIrqsResponse;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.KvmEnableCapRequest;
import io.virtrig.v1.KvmIrqfdRequest;
import io.virtrig.v1.KvmSetGsiRoutingRequest;
import io.virtrig.v1.KvmSetLapicRequest;
import io.virtrig.v1.KvmSetUserMemoryRegionRequest;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.ProcessRequest;
import io.virtrig.v1.StoreRequest;
import io.virtrig.v1.VfioDeviceSetIrqsRequest;
import io.virtrig.v1.VfioIommuGetInfoResponse;
import io.virtrig.v1.VfioIommuInfoCapability;
import io.virtrig.v1.VfioIommuMapDmaRequest;
import io.virtrig.v1.VfioIovaRange;
import java.math.BigInteger;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UapiJsonTest {

  private static final Variables VARIABLES =
      name -> {
        Long value = Map.of("m", 0x7000L, "top", -1L, "closed", -1L).get(name);
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
      };

  private static <B extends Message.Builder> B read(String json, B into) {
    UapiJson.merge(JsonParser.parseString(json).getAsJsonObject(), into, VARIABLES);
    return into;
  }

  private static VfioIommuMapDmaRequest.Builder map(String json) {
    return read(json, VfioIommuMapDmaRequest.newBuilder());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "4096|0x1000",
        "\"0x1000\"|0x1000",
        "\"4096\"|0x1000",
        "\"0xffffffffffffffff\"|-1",
        "18446744073709551615|-1",
        "-1|-1",
        "\"-1\"|-1",
        "1e3|1000",
        "\"$m\"|0x7000",
        "\"$m+0x10\"|0x7010",
        "\"$m+16\"|0x7010",
        "\"$top+1\"|0",
        "\"VFIO_DMA_MAP_FLAG_WRITE\"|2",
        "[\"VFIO_DMA_MAP_FLAG_READ\",\"VFIO_DMA_MAP_FLAG_WRITE\",8]|11",
        "[]|0",
      })
  void readsEveryWayToWriteAnInteger(String json, String expected) {
    assertThat(map("{\"iova\":" + json + "}").getIova()).isEqualTo(Long.decode(expected));
  }

  @Test
  void aNegativeNumberWrapsInAnUnsignedField() {
    var request = read("{\"fd\":\"$closed\",\"gsi\":-2}", KvmIrqfdRequest.newBuilder());
    assertThat(Integer.toUnsignedLong(request.getFd())).isEqualTo(0xffffffffL);
    assertThat(request.getGsi()).isEqualTo(-2);
  }

  @Test
  void integersOfAnyLengthAreWhatArithmeticWithoutBoundsSays() {
    SplittableRandom random = new SplittableRandom(12);
    int read = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] magnitude = new byte[10];
      random.nextBytes(magnitude);
      BigInteger value = new BigInteger(1, magnitude).shiftRight(random.nextInt(80));
      value = random.nextBoolean() ? value : value.negate();
      String text = random.nextBoolean() ? value.toString() : "\"0x" + value.toString(16) + "\"";
      boolean narrow = random.nextBoolean();
      int width = narrow ? Integer.SIZE : Long.SIZE;
      String json = "{\"" + (narrow ? "flags" : "size") + "\":" + text + "}";
      if (value.signum() < 0 ? value.bitLength() < width : value.bitLength() <= width) {
        var request = read(json, VfioIommuMapDmaRequest.newBuilder());
        long bits = narrow ? request.getFlags() : request.getSize();
        assertThat(bits).as(json).isEqualTo(narrow ? value.intValue() : value.longValue());
        read++;
      } else {
        assertThatThrownBy(() -> read(json, VfioIommuMapDmaRequest.newBuilder()))
            .as(json)
            .hasMessageContaining("does not fit");
      }
    }
    assertThat(read).isBetween(5_000, 15_000);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"size\":\"0x10000000000000000\"}|size|18446744073709551616 does not fit 64 bits",
        "{\"flags\":4294967296}|flags|4294967296 does not fit 32 bits",
        "{\"flags\":-2147483649}|flags|-2147483649 does not fit 32 bits",
        "{\"size\":1e999999999}|size|1e999999999 does not fit 64 bits",
        "{\"size\":1.5}|size|\"1.5\" is not an integer",
        "{\"size\":\"0xgg\"}|size|\"0xgg\" is not an integer",
        "{\"size\":true}|size|expected a number, got true",
        "{\"size\":null}|size|expected a number, got null",
        "{\"size\":{}}|size|expected a number, got {}",
        "{\"flags\":[\"VFIO_NO_SUCH\"]}|flags|\"VFIO_NO_SUCH\" is neither a number nor a constant of the uAPI",
        "{\"vaddr\":\"$nobody+1\"}|vaddr|no variable $nobody",
      })
  void saysWhichFieldCannotHoldTheValue(String json, String path, String reason) {
    assertThatThrownBy(() -> map(json))
        .isInstanceOfSatisfying(
            NotationException.class,
            e -> {
              assertThat(e.path()).isEqualTo(path);
              assertThat(e.reason()).isEqualTo(reason);
            })
        .hasMessage(path + ": " + reason);
  }

  @Test
  void anUnknownFieldIsToldApartAndNamedWithItsPath() {
    assertThatThrownBy(() -> map("{\"iowa\":1}"))
        .isInstanceOf(UnknownFieldException.class)
        .hasMessage("iowa: VfioIommuMapDmaRequest has no such field");
    assertThatThrownBy(
            () ->
                read(
                    "{\"entries\":[{\"gsi\":1},{\"msi\":{\"dater\":0}}]}",
                    KvmSetGsiRoutingRequest.newBuilder()))
        .isInstanceOf(UnknownFieldException.class)
        .hasMessage("entries[1].msi.dater: KvmIrqRoutingMsi has no such field");
  }

  @Test
  void bytesAreHexadecimal() {
    var request = read("{\"bytes\":\"00ff10\"}", StoreRequest.newBuilder());
    assertThat(request.getBytes().toByteArray()).containsExactly(0, 0xff, 0x10);
    assertThatThrownBy(() -> read("{\"bytes\":\"0f1\"}", StoreRequest.newBuilder()))
        .hasMessageContaining("bytes: expected bytes in hexadecimal");
    assertThatThrownBy(() -> read("{\"bytes\":15}", StoreRequest.newBuilder()))
        .hasMessage("bytes: expected a string, got 15");
  }

  @Test
  void listsHoldNumbersAndNestedFlags() {
    var irqs = read("{\"data\":[-1,\"$m\",0]}", VfioDeviceSetIrqsRequest.newBuilder());
    assertThat(irqs.getDataList()).containsExactly(-1L, 0x7000L, 0L);
    var cap =
        read(
            "{\"cap\":\"KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2\","
                + "\"args\":[[\"KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE\",\"KVM_DIRTY_LOG_INITIALLY_SET\"]]}",
            KvmEnableCapRequest.newBuilder());
    assertThat(cap.getCap()).isEqualTo(168);
    assertThat(cap.getArgsList()).containsExactly(3L);
    assertThatThrownBy(() -> read("{\"args\":3}", KvmEnableCapRequest.newBuilder()))
        .hasMessage("args: expected a list, got 3");
  }

  @Test
  void mapsHaveDecimalOrHexadecimalKeys() {
    var request =
        read("{\"regs\":{\"0xf0\":\"0x1ff\",\"208\":4278190080}}", KvmSetLapicRequest.newBuilder());
    assertThat(request.getRegsMap())
        .containsOnly(Map.entry(0xf0, 0x1ff), Map.entry(208, 0xff000000));
  }

  @ParameterizedTest
  @CsvSource({"none,0", "r,1", "w,2", "rw,3"})
  void protHasWordsOfItsOwn(String word, int prot) {
    var request = read("{\"prot\":\"" + word + "\"}", MmapRequest.newBuilder());
    assertThat(request.hasProt()).isTrue();
    assertThat(request.getProt()).isEqualTo(prot);
  }

  @Test
  void unlimitedIsAWordOfRlimitMemlockAlone() {
    var request =
        read(
            "{\"rlimit_memlock\":\"unlimited\",\"cap_ipc_lock\":false}",
            ProcessRequest.newBuilder());
    assertThat(request.getRlimitMemlock()).isEqualTo(-1L);
    assertThat(request.hasCapIpcLock()).isTrue();
    assertThat(request.getCapIpcLock()).isFalse();
    assertThatThrownBy(() -> map("{\"size\":\"unlimited\"}"))
        .hasMessageContaining("neither a number nor a constant");
  }

  @Test
  void hostSpecificationsAreReadWithTheirRegistersInHexadecimal() {
    HostSpec spec =
        UapiJson.hostSpec(
            JsonParser.parseString(
                    """
                    {"arch": "x86_64", "kernel": {"uapi": "vsva-v7", "kvm_series": ["pci-hole-v1"]},
                     "iommu": {"model": "intel-vtd", "cap_reg": "0x8000000000000001", "nesting": true},
                     "devices": [{"name": "edu0", "group": 0, "ext_caps": [{"id": "0x1b", "at": "0x140"}]}]}
                    """)
                .getAsJsonObject());
    assertThat(spec.getKernel().getKvmSeriesList()).containsExactly("pci-hole-v1");
    assertThat(spec.getIommu().getCapReg()).isEqualTo(0x8000000000000001L);
    assertThat(spec.getDevices(0).hasGroup()).isTrue();
    assertThat(spec.getDevices(0).getExtCaps(0).getAt()).isEqualTo(0x140);
    assertThatThrownBy(
            () ->
                UapiJson.hostSpec(
                    JsonParser.parseString("{\"devices\":[{\"bfd\":\"\"}]}").getAsJsonObject()))
        .hasMessage("devices[0].bfd: DeviceSpec has no such field");
  }

  @Test
  void whatIsWrittenReadsBackAsTheSameMessage() {
    VfioIommuGetInfoResponse response =
        VfioIommuGetInfoResponse.newBuilder()
            .setArgsz(0xffffffff)
            .setIovaPgsizes(0x8000000000001000L)
            .addCaps(
                VfioIommuInfoCapability.newBuilder()
                    .setId(1)
                    .addIovaRanges(VfioIovaRange.newBuilder().setEnd((1L << 48) - 1)))
            .build();
    String json = UapiJson.toJson(response).toString();
    assertThat(json)
        .isEqualTo(
            "{\"argsz\":4294967295,\"flags\":0,\"iova_pgsizes\":\"0x8000000000001000\",\"cap_offset\":0,"
                + "\"caps\":[{\"id\":1,\"version\":0,\"iova_ranges\":[{\"start\":0,\"end\":281474976710655}]}]}");
    var back = read(json, VfioIommuGetInfoResponse.newBuilder());
    assertThat(back.build()).isEqualTo(response);
  }

  @Test
  void mapsAreWrittenWithTheirKeysAsNames() {
    GuestIrqsResponse response = GuestIrqsResponse.newBuilder().putInjected(24, 3).build();
    assertThat(UapiJson.toJson(response)).hasToString("{\"injected\":{\"24\":3}}");
  }

  @Test
  void mergingKeepsTheFieldsThatTheJsonDoesNotName() {
    var request =
        read(
            "{\"slot\":\"0x20000\"}",
            KvmSetUserMemoryRegionRequest.newBuilder().setPid(7).setSlot(1));
    assertThat(request.getPid()).isEqualTo(7);
    assertThat(request.getSlot()).isEqualTo(0x20000);
  }
}
