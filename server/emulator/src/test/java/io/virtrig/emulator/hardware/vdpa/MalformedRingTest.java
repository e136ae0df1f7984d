package io.virtrig.emulator.hardware.vdpa;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.virtrig.v1.RunVirtqueuesRequest;
import io.virtrig.v1.RunVirtqueuesResponse;
import io.virtrig.v1.VirtqueueBytes;
import io.virtrig.v1.VirtqueueDevice;
import io.virtrig.v1.VirtqueueMemory;
import io.virtrig.v1.VirtqueueSetup;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Rings full of nonsense: a device never fails in another way than its model says, always stops,
 * writes nothing that it may not, and does the same each time.
 */
class MalformedRingTest {
  private static final int RUNS = 4000;
  private static final int MEMORY = 0x4000;
  private static final int PACKED_BIT = 34;
  private static final int NEEDS_RESET = 0x40;

  @ParameterizedTest
  @CsvSource({
    "sim, blk, false",
    "sim, net, false",
    "strict, blk, false",
    "strict, net, false",
    "strict, blk, true",
    "strict, net, true"
  })
  void aDeviceWithstandsIt(String model, String kind, boolean packed) {
    int broken = 0;
    int answered = 0;
    for (int seed = 0; seed < RUNS; seed++) {
      RunVirtqueuesRequest request = request(new Random(seed), model, kind, packed);
      RunVirtqueuesResponse first = VirtqueueRun.run(request);
      assertThat(VirtqueueRun.run(request)).as("seed %d", seed).isEqualTo(first);
      check(model, seed, first);
      broken += first.hasError() ? 1 : 0;
      answered += first.getMemoryCount() > 0 ? 1 : 0;
    }
    assertThat(answered).as("runs in which something was written").isPositive();
    assertThat(broken > 0).as("broken: %d", broken).isEqualTo(model.equals("strict"));
  }

  private static void check(String model, int seed, RunVirtqueuesResponse response) {
    boolean needsReset = (response.getStatus() & NEEDS_RESET) != 0;
    assertThat(needsReset).as("seed %d", seed).isEqualTo(response.hasError());
    assertThat(response.getConfigInterrupts()).as("seed %d", seed).isEqualTo(needsReset ? 1 : 0);
    if (model.equals("sim")) {
      assertThat(needsReset).as("seed %d", seed).isFalse();
    }
    response
        .getMemoryList()
        .forEach(
            change ->
                assertThat(change.getIova()).as("read-only, seed %d", seed).isLessThan(MEMORY));
  }

  private static RunVirtqueuesRequest request(
      Random random, String model, String kind, boolean packed) {
    int size = 1 << random.nextInt(4);
    RunVirtqueuesRequest.Builder request =
        RunVirtqueuesRequest.newBuilder()
            .setDevice(device(random, model, kind, packed))
            .addMemory(
                VirtqueueMemory.newBuilder()
                    .setIova(0)
                    .setSize(MEMORY)
                    .setPerm("rw")
                    .addData(VirtqueueBytes.newBuilder().setHex(bytes(random, size, packed))))
            .addMemory(VirtqueueMemory.newBuilder().setIova(MEMORY).setSize(0x1000).setPerm("r"));
    int queues = kind.equals("blk") ? 1 : 2;
    for (int queue = 0; queue < queues; queue++) {
      request.addQueues(
          VirtqueueSetup.newBuilder()
              .setIndex(queue)
              .setNum(size)
              .setDesc(queue * 0x800L)
              .setDriver(random.nextInt(50) == 0 ? 0x9_0000 : queue * 0x800L + 0x200)
              .setDevice(random.nextInt(50) == 0 ? MEMORY : queue * 0x800L + 0x400));
    }
    return request.addKicks(0).addKicks(queues - 1).build();
  }

  private static VirtqueueDevice device(Random random, String model, String kind, boolean packed) {
    VirtqueueDevice.Builder device =
        VirtqueueDevice.newBuilder()
            .setModel(model)
            .setClass_(kind)
            .addFeatures(32)
            .addFeatures(33);
    for (int bit : new int[] {9, 13, 14, 28, 29}) {
      if (random.nextBoolean()) {
        device.addFeatures(bit);
      }
    }
    return (packed ? device.addFeatures(PACKED_BIT) : device).build();
  }

  /** Descriptors whose fields are often nearly right; around them, anything. */
  private static ByteString bytes(Random random, int size, boolean packed) {
    ByteBuffer memory = ByteBuffer.allocate(MEMORY).order(ByteOrder.LITTLE_ENDIAN);
    random.nextBytes(memory.array());
    for (int queue = 0; queue < 2; queue++) {
      int at = queue * 0x800;
      for (int i = 0; i < size; i++) {
        memory.putLong(at + 16 * i, address(random));
        memory.putInt(at + 16 * i + 8, length(random));
        int flags = random.nextInt(8) & (random.nextInt(3) == 0 ? 7 : 3);
        if (packed) {
          memory.putShort(at + 16 * i + 12, (short) random.nextInt(size));
          memory.putShort(
              at + 16 * i + 14, (short) (flags | (random.nextInt(6) == 0 ? 0x8000 : 0x80)));
        } else {
          memory.putShort(at + 16 * i + 12, (short) flags);
          memory.putShort(at + 16 * i + 14, (short) random.nextInt(size + 1));
        }
      }
      memory.putShort(at + 0x200, (short) random.nextInt(3));
      memory.putShort(at + 0x202, (short) random.nextInt(packed ? 4 : 2 * size + 1));
      for (int i = 0; i < size; i++) {
        memory.putShort(at + 0x204 + 2 * i, (short) random.nextInt(size + (random.nextInt(8) / 7)));
      }
    }
    for (int request = 0x1000; request < MEMORY; request += 16) {
      memory.putInt(request, random.nextInt(16));
      memory.putLong(request + 8, random.nextInt(8));
    }
    return ByteString.copyFrom(memory.array());
  }

  private static long address(Random random) {
    return switch (random.nextInt(12)) {
      case 0 -> random.nextLong();
      case 1 -> MEMORY + random.nextInt(0x1000);
      case 2 -> random.nextInt(0x1000);
      default -> 0x1000 + 16L * random.nextInt(0x300);
    };
  }

  private static int length(Random random) {
    return switch (random.nextInt(10)) {
      case 0 -> random.nextInt();
      case 1 -> 0;
      case 2 -> 512;
      default -> 16 * random.nextInt(8) + random.nextInt(2);
    };
  }
}
