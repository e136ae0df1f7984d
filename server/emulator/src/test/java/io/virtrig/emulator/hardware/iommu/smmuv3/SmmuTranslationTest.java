package io.virtrig.emulator.hardware.iommu.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.ImageMemory;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuEvent.EventClass;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SmmuTranslationTest {
  private static final long BASE = 0x10_0000L;
  private static final long SIZE = 0x10_0000L;
  private static final int OAS_44 = 4;
  private static final long BYPASS = 0b1001;
  private static final int STREAMS_16 = 4;

  /** A context descriptor that is valid, without an upper half. */
  private static final long CONTEXT =
      (1L << 46) | (1L << 41) | (1L << 31) | (5L << 32) | (1L << 30);

  private static final SmmuCapabilities CAPABILITIES =
      new SmmuCapabilities(
          SmmuCapabilities.IDR0_S1P | SmmuCapabilities.IDR0_S2P | SmmuCapabilities.IDR0_CD2L,
          16 | (20 << SmmuCapabilities.IDR1_SSIDSIZE_SHIFT),
          OAS_44);

  private final ImageMemory memory = new ImageMemory();
  private final List<Long> read = new ArrayList<>();
  private final SmmuTranslation translation =
      new SmmuTranslation(
          memory, CAPABILITIES, (kind, level, table, address, word) -> read.add(address));

  SmmuTranslationTest() {
    memory.add(BASE, SIZE);
  }

  private static DmaRequest request(int stream, long address) {
    return new DmaRequest(stream, DmaRequest.NO_PASID, address, false, true);
  }

  @Test
  void bypassedAddressMustFitTheOutput() {
    memory.set(BASE, BYPASS);
    assertThat(translation.translate(BASE, STREAMS_16, request(0, 0x1234)).address())
        .isEqualTo(0x1234);
    SmmuOutcome beyond = translation.translate(BASE, STREAMS_16, request(0, 1L << 44));
    assertThat(beyond.event()).isEqualTo(SmmuEvent.F_ADDR_SIZE);
    assertThat(beyond.eventClass()).isEqualTo(EventClass.IN);
  }

  @Test
  void streamBeyondTheTableIsBad() {
    SmmuOutcome outcome = translation.translate(BASE, STREAMS_16, request(16, 0));
    assertThat(outcome.event()).isEqualTo(SmmuEvent.C_BAD_STREAMID);
    assertThat(read).isEmpty();
  }

  @Test
  void invalidEntryIsBadWhateverItsConfiguration() {
    SmmuOutcome outcome = translation.translate(BASE, STREAMS_16, request(1, 0));
    assertThat(outcome.event()).isEqualTo(SmmuEvent.C_BAD_STE);
    memory.set(BASE + 64, 1);
    assertThat(translation.translate(BASE, STREAMS_16, request(1, 0)).aborted()).isTrue();
  }

  @Test
  void entryOutsideMemoryCannotBeFetched() {
    SmmuOutcome outcome = translation.translate(BASE + SIZE, STREAMS_16, request(0, 0));
    assertThat(outcome.event()).isEqualTo(SmmuEvent.F_STE_FETCH);
    assertThat(outcome.recorded()).isTrue();
  }

  @Test
  void randomTablesNeverLoopThrowOrReadOutside() {
    Random random = new Random(20260102);
    int translated = 0;
    for (int round = 0; round < 20_000; round++) {
      if (round % 50 == 0) {
        fill(random);
      }
      read.clear();
      SmmuOutcome outcome =
          translation.translate(
              BASE,
              9 | (random.nextInt(4) == 0 ? (1 << 16) | (6 << 6) : 0),
              new DmaRequest(
                  random.nextInt(520),
                  random.nextInt(4) == 0 ? random.nextInt(1 << 20) : DmaRequest.NO_PASID,
                  random.nextLong() >> random.nextInt(64),
                  random.nextBoolean(),
                  random.nextBoolean()));
      // Four levels over four, two context descriptor fetches, and the structures' own words.
      assertThat(outcome.references()).isLessThanOrEqualTo(24 + 8);
      assertThat(read).allMatch(memory::holds);
      if (outcome.event() == null && !outcome.aborted()) {
        assertThat(outcome.address() >>> 44).isZero();
        translated++;
      }
    }
    assertThat(translated).isPositive();
  }

  /** Stream table entries, then words that look like descriptors. */
  private void fill(Random random) {
    for (int stream = 0; stream < 512; stream++) {
      long at = BASE + stream * 64L;
      memory.set(at, pointer(random, 64) | 1 | ((4 + random.nextInt(4)) << 1));
      memory.set(
          at + 16,
          (1L << 51)
              | (5L << 48)
              | ((20L + random.nextInt(20)) << 32)
              | ((long) random.nextInt(3) << 38));
      memory.set(at + 24, pointer(random, 4096));
    }
    for (long at = BASE + 512 * 64; at < BASE + SIZE; at += 8) {
      int attributes = random.nextInt(8) == 0 ? random.nextInt(0x100) : 0xc3;
      memory.set(at, pointer(random, 4096) | attributes | 0x400);
    }
    for (long at = BASE + 512 * 64; at < BASE + SIZE; at += 64L * (1 + random.nextInt(4))) {
      memory.set(at, CONTEXT | (16 + random.nextInt(24)));
      memory.set(at + 8, pointer(random, 4096));
    }
  }

  private static long pointer(Random random, int alignment) {
    return (BASE + random.nextInt((int) SIZE)) & -alignment;
  }
}
