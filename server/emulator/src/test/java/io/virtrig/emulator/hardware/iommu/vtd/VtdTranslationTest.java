package io.virtrig.emulator.hardware.iommu.vtd;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.ImageMemory;
import io.virtrig.emulator.hardware.iommu.TableKind;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class VtdTranslationTest {
  private static final long BASE = 0x10_0000L;
  private static final long SIZE = 0x10_0000L;
  private static final int HOST_WIDTH = 46;

  /** 3 to 5 levels, 48 bits, both large pages. */
  private static final long CAP =
      (7L << (VtdCapabilities.CAP_SAGAW_SHIFT + 1))
          | (56L << VtdCapabilities.CAP_MGAW_SHIFT)
          | (3L << VtdCapabilities.CAP_SLLPS_SHIFT)
          | VtdCapabilities.CAP_FL5LP;

  private static final long ECAP =
      VtdCapabilities.ECAP_FLTS
          | VtdCapabilities.ECAP_SLTS
          | VtdCapabilities.ECAP_NEST
          | VtdCapabilities.ECAP_PT
          | VtdCapabilities.ECAP_RPS;

  private static final VtdCapabilities CAPABILITIES = new VtdCapabilities(HOST_WIDTH, CAP, ECAP);

  private static final long FIRST = 1L << 6;
  private static final long SECOND = 2L << 6;
  private static final long NESTED = 3L << 6;
  private static final long PASS_THROUGH = 4L << 6;
  private static final long FIVE_LEVELS_FIRST = 1L << 2;

  private final ImageMemory memory = new ImageMemory();
  private final List<TableKind> read = new ArrayList<>();
  private final VtdTranslation translation =
      new VtdTranslation(
          memory, CAPABILITIES, (kind, level, table, address, word) -> read.add(kind));

  VtdTranslationTest() {
    memory.add(BASE, SIZE);
  }

  private static DmaRequest request(long address, boolean write) {
    return new DmaRequest(0, DmaRequest.NO_PASID, address, write, false);
  }

  private static long[] entry(long first, long third) {
    return new long[] {first | 1, 1, third, 0, 0, 0, 0, 0};
  }

  /** Tables of the given levels from BASE on, each with one entry for the address. */
  private void tables(int levels, long address, long flags, long leaf, int leafLevel) {
    long table = BASE;
    for (int level = levels; level > leafLevel; level--) {
      memory.set(table + PagingEntry.offset(address, level), (table + 0x1000) | flags);
      table += 0x1000;
    }
    memory.set(table + PagingEntry.offset(address, leafLevel), leaf);
  }

  @Test
  void fiveFirstLevelsTranslateTheUpperHalfToo() {
    long address = 0xff12_3456_789a_bcdeL;
    tables(5, address, 7, 0x3_4567_8007L, 1);
    VtdOutcome outcome =
        translation.translate(entry(FIRST, BASE | FIVE_LEVELS_FIRST), request(address, true));
    assertThat(outcome.fault()).isNull();
    assertThat(outcome.address()).isEqualTo(0x3_4567_8cdeL);
    assertThat(outcome.references()).isEqualTo(5);
    assertThat(outcome.pageShift()).isEqualTo(12);
    assertThat(memory.changed()).hasSize(5).containsValue(0x3_4567_8067L);
    assertThat(read).hasSize(5).containsOnly(TableKind.FIRST_LEVEL);
  }

  @Test
  void addressThatIsCanonicalForFiveLevelsIsNotForFour() {
    VtdOutcome outcome =
        translation.translate(entry(FIRST, BASE), request(0x00ff_0000_0000_0000L, false));
    assertThat(outcome.fault()).isEqualTo(VtdFault.NOT_CANONICAL);
    assertThat(outcome.code()).isEqualTo(0x80);
    assertThat(read).isEmpty();
  }

  @Test
  void lowAddressBitsOfALargePageAreReserved() {
    tables(4, 0, 3, 0x20_0083L | (1 << 13), 2);
    VtdOutcome outcome =
        translation.translate(entry(SECOND | BASE | (2 << 2), 0), request(0, false));
    assertThat(outcome.fault()).isEqualTo(VtdFault.SECOND_RESERVED);
    assertThat(outcome.level()).isEqualTo(2);
  }

  @Test
  void typeBitOfALargeFirstLevelPageIsNotReserved() {
    tables(4, 0, 7, 0x20_1087L, 2);
    VtdOutcome outcome = translation.translate(entry(FIRST, BASE), request(0x1234, false));
    assertThat(outcome.fault()).isNull();
    assertThat(outcome.address()).isEqualTo(0x20_1234L);
    assertThat(outcome.pageShift()).isEqualTo(21);
  }

  @Test
  void gigabytePageWithoutTheCapabilityIsReserved() {
    tables(4, 0, 7, 0x4000_0087L, 3);
    VtdOutcome outcome = translation.translate(entry(FIRST, BASE), request(0, false));
    assertThat(outcome.fault()).isEqualTo(VtdFault.FIRST_RESERVED);
    assertThat(outcome.level()).isEqualTo(3);
  }

  @Test
  void passedThroughAddressMustFitTheHost() {
    assertThat(translation.translate(entry(PASS_THROUGH, 0), request(0x1234, true)).address())
        .isEqualTo(0x1234);
    VtdOutcome beyond =
        translation.translate(entry(PASS_THROUGH, 0), request(1L << HOST_WIDTH, true));
    assertThat(beyond.code()).isEqualTo(0x83);
  }

  @Test
  void writeWithoutPasidToTheInterruptRangeIsAnInterrupt() {
    VtdOutcome outcome = translation.translate(entry(FIRST, BASE), request(0xfee0_1000L, true));
    assertThat(outcome.interrupt()).isTrue();
    assertThat(outcome.fault()).isNull();
    assertThat(read).isEmpty();
  }

  @Test
  void outcomeInTheInterruptRangeIsRefused() {
    tables(4, 0, 7, 0xfee0_1007L, 1);
    VtdOutcome outcome = translation.translate(entry(FIRST, BASE), request(0, true));
    assertThat(outcome.code()).isEqualTo(0x87);
  }

  @Test
  void faultProcessingDisabledKeepsQualifiedFaultsFromBeingRecorded() {
    long[] disabled = entry(FIRST | 2, BASE);
    assertThat(translation.translate(disabled, request(0, false)).recorded()).isFalse();
    assertThat(translation.translate(entry(FIRST, BASE), request(0, false)).recorded()).isTrue();
    VtdOutcome root = translation.translate(0, new DmaRequest(0, 5, 0, false, false));
    assertThat(root.fault()).isEqualTo(VtdFault.PASID_IN_LEGACY_MODE);
    assertThat(root.recorded()).isTrue();
  }

  @Test
  void fiveLevelsOverFiveReadThirtyFiveEntries() {
    // Every entry of one table points to it, so tables and page are the same at every level.
    for (long at = BASE; at < BASE + 0x1000; at += 8) {
      memory.set(at, BASE | 7);
    }
    VtdOutcome outcome =
        translation.translate(
            entry(NESTED | BASE | (3 << 2), BASE | FIVE_LEVELS_FIRST), request(0x18, false));
    assertThat(outcome.fault()).isNull();
    assertThat(outcome.address()).isEqualTo(BASE + 0x18);
    assertThat(outcome.references()).isEqualTo(35);
  }

  @Test
  void randomTablesNeverLoopThrowOrReadOutside() {
    Random random = new Random(20260101);
    int translated = 0;
    for (int round = 0; round < 20_000; round++) {
      if (round % 50 == 0) {
        fill(random);
      }
      read.clear();
      long[] entry = new long[8];
      entry[0] = BASE | 1 | (random.nextInt(4) << 2) | (random.nextInt(5) << 6);
      entry[2] = BASE | (random.nextInt(2) << 2) | (random.nextBoolean() ? 0x91 : 1);
      DmaRequest request =
          new DmaRequest(
              random.nextInt(1 << 16),
              random.nextBoolean() ? random.nextInt(1 << 20) : DmaRequest.NO_PASID,
              random.nextLong() >> random.nextInt(64),
              random.nextBoolean(),
              random.nextBoolean());
      VtdOutcome outcome =
          random.nextInt(4) == 0
              ? translation.translate(BASE | (random.nextInt(4) << 10), request)
              : translation.translate(entry, request);
      assertThat(outcome.references()).isLessThanOrEqualTo(35);
      assertThat(read).hasSizeLessThanOrEqualTo(35 + 15);
      if (outcome.fault() == null && !outcome.interrupt()) {
        assertThat(outcome.address() >>> HOST_WIDTH).isZero();
        translated++;
      }
    }
    assertThat(translated).isPositive();
  }

  /** Words that look like entries of tables and pages in and around the memory. */
  private void fill(Random random) {
    memory.reset();
    for (long at = BASE; at < BASE + SIZE; at += 8L * (1 + random.nextInt(8))) {
      long target = random.nextInt(16) == 0 ? random.nextLong() : BASE + random.nextInt(1 << 20);
      memory.set(at, (target & -0x1000L) | (random.nextInt(8) == 0 ? random.nextInt(0x1000) : 7));
    }
  }

  @Test
  void observerIsNotNeeded() {
    VtdTranslation silent = new VtdTranslation(memory, CAPABILITIES, WalkObserver.NONE);
    tables(4, 0, 7, 0x20_0007L, 1);
    assertThat(silent.translate(entry(FIRST, BASE), request(8, false)).address())
        .isEqualTo(0x20_0008L);
  }
}
