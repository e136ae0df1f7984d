package io.virtrig.emulator.vmm;

import static io.virtrig.emulator.vmm.VmmRig.*;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.Host;
import io.virtrig.v1.GuestWriteRequest;
import io.virtrig.v1.LoadRequest;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;
import io.virtrig.v1.StoreRequest;
import io.virtrig.v1.VmmMmioReadRequest;
import io.virtrig.v1.VmmMmioWriteRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * A guest that writes anything anywhere: registers, descriptors, tables, configuration space,
 * vectors. The VMM always answers, no memory but the guest's changes, and another host sees nothing
 * of it.
 */
class RandomGuestTest {
  private static final int STEPS = 400;
  private static final ByteString SECRET =
      ByteString.copyFrom("secret".repeat(600).getBytes(US_ASCII));
  private static final int[] OFFSETS = {
    GCMD, RTADDR, IQT, IQA, 0x28, 0x34, 0x38, 0x3c, 0x40, 0x9c, 0xa0, 0xf0, 0xf8, 0x228, VCMD,
    VCMD + 4, 0x8c, 0x94, 0x2c, 0xfc
  };

  @Test
  void nothingAGuestWritesLeavesItsVm() {
    for (long seed = 1; seed <= 25; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      Host bystander = new Host(host("vsva-v6", nic(0)).build());
      String untouched = bystander.stateHash();
      try (VmmRig rig = new VmmRig(host("vsva-v6", nic(0), nic(1)))) {
        long secret = secret(rig);
        rig.started(qemu(modern(), "nic0", "nic1"));
        long behind = secret(rig);
        rig.driver(0x10, 0x18);
        for (int step = 0; step < STEPS; step++) {
          Result result = rig.rig.apply(act(rig.vm, random, seed % 2 == 0));
          assertThat(result.hasErrno()).as("seed %s: %s", seed, result).isFalse();
          if (result.hasRefusal()) {
            assertThat(result.getRefusal().getCode())
                .as("seed %s: %s", seed, result)
                .isIn(Refusal.Code.CODE_RESOURCE_EXHAUSTED, Refusal.Code.CODE_NOT_FOUND);
            if (result.getRefusal().getCode() == Refusal.Code.CODE_NOT_FOUND) {
              break; // The VMM has aborted.
            }
          }
        }
        assertUntouched(rig, secret);
        assertUntouched(rig, behind);
      }
      assertThat(bystander.stateHash()).isEqualTo(untouched);
    }
  }

  /** A page of the process, next to the guest's memory. */
  private static long secret(VmmRig rig) {
    long address =
        rig.rig
            .ok(Operation.newBuilder().setMmap(MmapRequest.newBuilder().setLength(4096)))
            .getMmap()
            .getRet();
    rig.rig.ok(
        Operation.newBuilder()
            .setStore(StoreRequest.newBuilder().setAddr(address).setBytes(SECRET)));
    return address;
  }

  private static void assertUntouched(VmmRig rig, long address) {
    Result result =
        rig.rig.apply(
            Operation.newBuilder()
                .setLoad(LoadRequest.newBuilder().setAddr(address).setLength(SECRET.size())));
    if (!result.hasRefusal()) {
      assertThat(result.getLoad().getBytes()).isEqualTo(SECRET);
    }
  }

  /** Guests that mix MSI and MSI-X end soon: every other one leaves interrupts alone. */
  private static Operation.Builder act(int vm, SplittableRandom random, boolean interrupts) {
    return switch (random.nextInt(interrupts ? 11 : 8)) {
      case 8 -> configuration(vm, random);
      case 9 -> control(vm, random);
      case 10 -> vector(vm, random);
      case 0, 1, 2 -> memory(vm, random);
      case 3 ->
          Operation.newBuilder()
              .setVmmMmioRead(
                  VmmMmioReadRequest.newBuilder()
                      .setTargetFd(vm)
                      .setOffset(anyOffset(random))
                      .setSize(random.nextBoolean() ? 4 : 8));
      case 4 -> mmio(vm, IQT, 8, (long) random.nextInt(64) << 5);
      default -> mmio(vm, anyOffset(random), random.nextBoolean() ? 4 : 8, value(random));
    };
  }

  private static Operation.Builder configuration(int vm, SplittableRandom random) {
    int size = 1 << random.nextInt(3);
    int offset = random.nextInt(random.nextInt(8) == 0 ? 0x2000 : 0x100) & -size;
    int value = random.nextInt() >>> random.nextInt(32);
    Operation.Builder operation = Operation.newBuilder();
    if (random.nextInt(4) == 0) {
      operation
          .getGuestConfigReadBuilder()
          .setTargetFd(vm)
          .setDevice("nic0")
          .setOffset(offset)
          .setSize(size);
    } else {
      operation
          .getGuestConfigWriteBuilder()
          .setTargetFd(vm)
          .setDevice("nic0")
          .setOffset(offset)
          .setSize(size)
          .setValue(value);
    }
    return operation;
  }

  private static Operation.Builder control(int vm, SplittableRandom random) {
    Operation.Builder operation = Operation.newBuilder();
    operation
        .getGuestConfigWriteBuilder()
        .setTargetFd(vm)
        .setDevice("nic0")
        .setCapability(random.nextBoolean() ? "msi" : "msix")
        .setEnable(random.nextBoolean())
        .setVectors(1 << random.nextInt(6))
        .setFunctionMask(random.nextInt(3) == 0);
    return operation;
  }

  private static Operation.Builder vector(int vm, SplittableRandom random) {
    Operation.Builder operation = Operation.newBuilder();
    operation
        .getGuestVectorWriteBuilder()
        .setTargetFd(vm)
        .setDevice("nic0")
        .setCapability(random.nextBoolean() ? "msi" : "msix")
        .setVector(random.nextInt(2))
        .setAddress(value(random))
        .setData(random.nextInt())
        .setMasked(random.nextBoolean());
    return operation;
  }

  private static Operation.Builder mmio(int vm, long offset, int size, long value) {
    return Operation.newBuilder()
        .setVmmMmioWrite(
            VmmMmioWriteRequest.newBuilder()
                .setTargetFd(vm)
                .setOffset(offset)
                .setSize(size)
                .setValue(value));
  }

  private static long anyOffset(SplittableRandom random) {
    return switch (random.nextInt(10)) {
      case 0 -> random.nextLong();
      case 1 -> random.nextInt(0x1100);
      default -> OFFSETS[random.nextInt(OFFSETS.length)];
    };
  }

  /** Addresses near where tables and queues are, command bits, or anything. */
  private static long value(SplittableRandom random) {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextLong();
      case 1 -> 1L << random.nextInt(64);
      case 2 -> random.nextLong(2 * RAM);
      default -> ROOT | 0x400;
    };
  }

  /** Tables and descriptors, well-formed for the most part. */
  private static Operation.Builder memory(int vm, SplittableRandom random) {
    long at;
    long[] words = new long[4];
    switch (random.nextInt(4)) {
      case 0 -> {
        at = QUEUE + 32L * random.nextInt(64);
        words[0] = random.nextInt(10) | (long) random.nextInt(4) << 4 | random.nextLong(8) << 16;
        words[0] |= random.nextLong(8) << 32;
        words[1] = random.nextInt(3) == 0 ? random.nextLong() : 0;
      }
      case 1 -> {
        at = PASID_TABLE + 64L * random.nextInt(8);
        words[0] = random.nextInt(5) == 0 ? 0 : 0x49;
        words[1] = random.nextInt(8);
        words[2] = random.nextLong(2 * RAM);
      }
      case 2 -> {
        at = (random.nextBoolean() ? DIRECTORY : CONTEXT) + 8L * random.nextInt(128);
        words[0] = value(random) | 1;
      }
      default -> {
        at = random.nextLong(RAM - 64) & ~7L;
        words[0] = random.nextLong();
        words[1] = value(random);
      }
    }
    ByteBuffer bytes = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    for (long word : words) {
      bytes.putLong(word);
    }
    return Operation.newBuilder()
        .setGuestWrite(
            GuestWriteRequest.newBuilder()
                .setTargetFd(vm)
                .setGpa(at)
                .setBytes(ByteString.copyFrom(bytes.array())));
  }
}
