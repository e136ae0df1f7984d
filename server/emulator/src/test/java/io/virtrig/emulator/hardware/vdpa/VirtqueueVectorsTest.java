package io.virtrig.emulator.hardware.vdpa;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import io.virtrig.emulator.hardware.iommu.VectorFiles;
import io.virtrig.uapi.Uapi;
import io.virtrig.v1.RunVirtqueuesRequest;
import io.virtrig.v1.RunVirtqueuesResponse;
import io.virtrig.v1.VirtqueueBytes;
import io.virtrig.v1.VirtqueueDevice;
import io.virtrig.v1.VirtqueueMemory;
import io.virtrig.v1.VirtqueuePosition;
import io.virtrig.v1.VirtqueueSector;
import io.virtrig.v1.VirtqueueSetup;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The vectors of the data path against the devices. */
class VirtqueueVectorsTest {

  @TestFactory
  Stream<DynamicTest> vectors() {
    return Stream.of("split", "packed", "net")
        .flatMap(name -> VectorFiles.read("virtqueue/" + name + ".jsonl").stream())
        .map(
            vector ->
                DynamicTest.dynamicTest(
                    vector.get("id").getAsString() + " " + vector.get("title").getAsString(),
                    () -> check(vector)));
  }

  private static void check(JsonObject vector) {
    RunVirtqueuesResponse got = VirtqueueRun.run(request(vector));
    JsonObject expect = vector.getAsJsonObject("expect");
    assertThat(got.getMemoryList().stream().map(run -> text(run.getIova(), run.getHex())))
        .containsExactlyElementsOf(
            objects(expect, "memory").map(run -> text(run, "iova")).toList());
    expect
        .getAsJsonObject("interrupts")
        .asMap()
        .forEach(
            (queue, count) ->
                assertThat(got.getInterruptsMap().get(Integer.parseInt(queue)))
                    .as("interrupts of queue %s", queue)
                    .isEqualTo(count.getAsLong()));
    expect
        .getAsJsonObject("queues")
        .asMap()
        .forEach((queue, where) -> position(got.getQueuesMap(), queue, where.getAsJsonObject()));
    assertThat(got.getStatus()).isEqualTo((int) VectorFiles.number(expect, "status", 0));
    assertThat(got.getConfigInterrupts())
        .isEqualTo(VectorFiles.number(expect, "config_interrupts", 0));
    if (expect.has("disk")) {
      assertThat(got.getDiskList().stream().map(piece -> text(piece.getSector(), piece.getHex())))
          .containsExactlyElementsOf(
              objects(expect, "disk").map(piece -> text(piece, "sector")).toList());
    }
    if (expect.has("mac")) {
      assertThat(hex(got.getMac())).isEqualTo(expect.get("mac").getAsString());
    }
    assertThat(got.hasError()).isEqualTo(expect.has("error"));
    if (expect.has("error")) {
      assertThat(got.getError().getQueue())
          .isEqualTo(expect.getAsJsonObject("error").get("queue").getAsInt());
    }
  }

  private static void position(
      Map<Integer, VirtqueuePosition> got, String queue, JsonObject expect) {
    VirtqueuePosition position = got.get(Integer.parseInt(queue));
    assertThat(position).as("queue %s", queue).isNotNull();
    assertThat(
            List.of(
                position.getAvailIndex(),
                position.getUsedIndex(),
                position.getAvailWrap(),
                position.getUsedWrap()))
        .as("position of queue %s", queue)
        .containsExactly(
            (int) VectorFiles.number(expect, "avail_index", 0),
            (int) VectorFiles.number(expect, "used_index", 0),
            (int) VectorFiles.number(expect, "avail_wrap", 0),
            (int) VectorFiles.number(expect, "used_wrap", 0));
  }

  private static String text(long where, ByteString bytes) {
    return Long.toHexString(where) + " " + hex(bytes);
  }

  private static String text(JsonObject piece, String where) {
    return Long.toHexString(VectorFiles.number(piece, where, 0))
        + " "
        + piece.get("hex").getAsString();
  }

  private static String hex(ByteString bytes) {
    return HexFormat.of().formatHex(bytes.toByteArray());
  }

  private static ByteString bytes(JsonObject object, String field) {
    return object.has(field)
        ? ByteString.copyFrom(HexFormat.of().parseHex(object.get(field).getAsString()))
        : ByteString.EMPTY;
  }

  private static Stream<JsonObject> objects(JsonObject object, String field) {
    return object.has(field)
        ? object.getAsJsonArray(field).asList().stream().map(JsonElement::getAsJsonObject)
        : Stream.of();
  }

  static RunVirtqueuesRequest request(JsonObject vector) {
    RunVirtqueuesRequest.Builder request =
        RunVirtqueuesRequest.newBuilder().setDevice(device(vector.getAsJsonObject("device")));
    objects(vector, "memory").forEach(entry -> request.addMemory(memory(entry)));
    objects(vector, "queues").forEach(queue -> request.addQueues(queue(queue)));
    vector.getAsJsonArray("kicks").forEach(kick -> request.addKicks(kick.getAsInt()));
    return request.build();
  }

  private static VirtqueueDevice device(JsonObject json) {
    VirtqueueDevice.Builder device =
        VirtqueueDevice.newBuilder()
            .setModel(json.get("model").getAsString())
            .setClass_(json.get("class").getAsString())
            .setStatus((int) VectorFiles.number(json, "status", 0x0f))
            .setMac(bytes(json, "mac"))
            .setCapacity(VectorFiles.number(json, "capacity", 0x40000));
    json.getAsJsonArray("features")
        .forEach(name -> device.addFeatures((int) Uapi.value(name.getAsString()).orElseThrow()));
    objects(json, "disk")
        .forEach(
            piece ->
                device.addDisk(
                    VirtqueueSector.newBuilder()
                        .setSector(VectorFiles.number(piece, "sector", 0))
                        .setHex(bytes(piece, "hex"))));
    return device.build();
  }

  private static VirtqueueMemory memory(JsonObject json) {
    VirtqueueMemory.Builder memory =
        VirtqueueMemory.newBuilder()
            .setIova(VectorFiles.number(json, "iova", 0))
            .setSize(VectorFiles.number(json, "size", 0))
            .setPerm(json.get("perm").getAsString());
    objects(json, "data")
        .forEach(
            piece ->
                memory.addData(
                    VirtqueueBytes.newBuilder()
                        .setAt(VectorFiles.number(piece, "at", 0))
                        .setHex(bytes(piece, "hex"))));
    return memory.build();
  }

  private static VirtqueueSetup queue(JsonObject json) {
    VirtqueueSetup.Builder queue =
        VirtqueueSetup.newBuilder()
            .setIndex(json.get("index").getAsInt())
            .setNum(json.get("num").getAsInt())
            .setDesc(VectorFiles.number(json, "desc", 0))
            .setDriver(VectorFiles.number(json, "driver", 0))
            .setDevice(VectorFiles.number(json, "device", 0))
            .setReady(!json.has("ready") || json.get("ready").getAsBoolean())
            .setAvailIndex((int) VectorFiles.number(json, "avail_index", 0));
    if (json.has("avail_wrap")) {
      queue.setAvailWrap(json.get("avail_wrap").getAsInt());
    }
    if (json.has("used_index")) {
      queue.setUsedIndex(json.get("used_index").getAsInt());
    }
    if (json.has("used_wrap")) {
      queue.setUsedWrap(json.get("used_wrap").getAsInt());
    }
    return queue.build();
  }
}
