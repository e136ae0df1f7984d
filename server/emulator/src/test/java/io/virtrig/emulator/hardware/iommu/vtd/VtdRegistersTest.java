package io.virtrig.emulator.hardware.iommu.vtd;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.hardware.iommu.DmaOutcome;
import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.ImageMemory;
import io.virtrig.emulator.hardware.iommu.PageRequest;
import io.virtrig.emulator.hardware.iommu.PageResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A unit driven by its registers, its tables and queues in memory. */
class VtdRegistersTest {
  private static final int SOURCE = 0x10;
  private static final int PASID = 5;
  private static final long ROOT = 0x1000;
  private static final long QUEUE = 0x20000;
  private static final long STATUS = 0x30000;
  private static final long INTERRUPTS = 0x40000;
  private static final long REQUESTS = 0x50000;
  private static final long LEAF = 0x9000;

  /** Where three records lie: FRO 0x20. */
  private static final int RECORDS = 0x200;

  private static final long CAP =
      6L << 9 | 47L << 16 | 0x20L << 24 | 3L << 34 | 2L << 40 | 18L << 48 | 1L << 60;
  private static final long ECAP = 0xf0L << 8 | 1L << 6 | 1L << 26 | 1L << 46 | 1L << 47;

  private final ImageMemory memory = new ImageMemory();
  private final List<String> sent = new ArrayList<>();
  private final VtdRegisters unit =
      new VtdRegisters(memory, new VtdCapabilities(46, CAP, ECAP), 64, new Recorder());
  private long tail;

  private final class Recorder implements VtdRegisters.Outside {
    @Override
    public void interrupt(
        int vector, int destination, boolean logical, int deliveryMode, boolean level) {
      sent.add("interrupt " + vector + " to " + destination);
    }

    @Override
    public void response(int source, int pasid, int group, PageResponse response) {
      sent.add("response " + source + " " + pasid + " " + group + " " + response);
    }

    @Override
    public void message(long address, int data) {
      sent.add("message " + Long.toHexString(address) + " " + data);
    }
  }

  @BeforeEach
  void enable() {
    memory.add(0, 0x100000);
    memory.store(ROOT, 0x2001);
    memory.store(0x2000 + SOURCE * 32L, 0x3000 | 1 | 1 << 3 | 1 << 4);
    memory.store(0x3000, 0x4001);
    memory.store(0x4000 + PASID * 64L, 1 | 1 << 6);
    memory.store(0x4000 + PASID * 64L + 8, 7);
    memory.store(0x4000 + PASID * 64L + 16, 0x6000);
    memory.store(0x6000, 0x7067);
    memory.store(0x7000, 0x8067);
    memory.store(0x8000, 0x9067);
    memory.store(LEAF, 0xa067);
    unit.write(0x20, 8, ROOT | 1 << 10);
    unit.write(0x90, 8, QUEUE | 1 << 11);
    for (int event : new int[] {0x38, 0xa0, 0xe0}) {
      unit.write(event + 4, 4, event);
      unit.write(event + 8, 4, 0xfee00000L);
    }
    command(1 << 30);
    command(1 << 26);
    command(1L << 31);
    assertThat(unit.read(0x1c, 4)).isEqualTo(0xc4000000L);
  }

  private void command(long bit) {
    long persistent = unit.read(0x1c, 4) & 0x96800000L;
    unit.write(0x18, 4, persistent | bit);
  }

  private void queue(long q0, long q1) {
    memory.store(QUEUE + tail, q0);
    memory.store(QUEUE + tail + 8, q1);
    memory.store(QUEUE + tail + 16, 0);
    memory.store(QUEUE + tail + 24, 0);
    tail = (tail + 32) & 0xfff;
    unit.write(0x88, 8, tail);
  }

  private DmaOutcome access(long address, int source) {
    return unit.translate(new DmaRequest(source, PASID, address, false, false));
  }

  private long at(long address) {
    DmaOutcome outcome = access(address, SOURCE);
    return outcome.blocked() ? -1 : outcome.address();
  }

  @Test
  void everyCacheKeepsUntilItsInvalidationArrives() {
    assertThat(at(0)).isEqualTo(0xa000);
    memory.store(LEAF, 0xb067);
    queue(6 | 2 << 4 | 7 << 16 | (PASID + 1L) << 32, 0);
    assertThat(at(0)).isEqualTo(0xa000);
    queue(6 | 2 << 4 | 7 << 16 | (long) PASID << 32, 0);
    assertThat(at(0)).isEqualTo(0xb000);

    memory.store(0x4000 + PASID * 64L, 0);
    queue(6 | 2 << 4 | 7 << 16 | (long) PASID << 32, 0);
    assertThat(at(0)).isEqualTo(0xb000);
    queue(7 | 1 << 4 | 7 << 16 | (long) PASID << 32, 0);
    assertThat(at(0)).isEqualTo(-1);

    memory.store(0x4000 + PASID * 64L, 1 | 1 << 6);
    assertThat(at(0)).isEqualTo(0xb000);
    memory.store(0x2000 + SOURCE * 32L, 0);
    assertThat(at(0)).isEqualTo(0xb000);
    queue(1 | 3 << 4 | (long) (SOURCE + 1) << 32, 0);
    assertThat(at(0)).isEqualTo(0xb000);
    queue(1 | 3 << 4 | (long) SOURCE << 32, 0);
    assertThat(at(0)).isEqualTo(-1);
  }

  @Test
  void fiveLevels() {
    memory.store(0x4000 + PASID * 64L + 16, 0xc000 | 1 << 2);
    memory.store(0xc000 + 8, 0x6067);
    assertThat(at(1L << 48)).isEqualTo(0xa000);
    assertThat(at(0)).isEqualTo(-1);
    assertThat(at(1L << 57)).isEqualTo(-1);
  }

  @Test
  void faultsAreRecordedUntilTheyOverflow() {
    for (int source = 0; source < 5; source++) {
      assertThat(access(0x123456, 0x20 + source).blocked()).isTrue();
    }
    assertThat(unit.read(0x34, 4)).isEqualTo(3);
    assertThat(unit.read(0x38, 4)).isEqualTo(0xc0000000L);
    assertThat(unit.read(RECORDS + 16, 8)).isEqualTo(0x123000);
    assertThat(unit.read(RECORDS + 24, 8))
        .isEqualTo(1L << 63 | 1L << 62 | (long) PASID << 40 | 0x41L << 32 | 1L << 31 | 0x21);
    assertThat(sent).isEmpty();
    unit.write(0x38, 4, 0);
    assertThat(sent).containsExactly("message fee00000 56");
    for (int record = 0; record < 3; record++) {
      unit.write(RECORDS + record * 16 + 12, 4, 1L << 31);
    }
    assertThat(unit.read(0x34, 4)).isEqualTo(1);
    access(0, 0x30);
    assertThat(unit.read(0x34, 4)).isEqualTo(1);
    unit.write(0x34, 4, 1);
    access(0, 0x30);
    assertThat(unit.read(0x34, 4)).isEqualTo(2);
    assertThat(sent).hasSize(2);
  }

  @Test
  void anotherFaultOfTheSameSourceIsMerged() {
    access(0x1000, 0x20);
    access(0x2000, 0x20);
    assertThat(unit.read(RECORDS + 16 + 8, 8)).isZero();
  }

  @Test
  void faultProcessingDisabledIsBlockedAllTheSame() {
    memory.store(0x2000 + 0x20 * 32L, 2);
    assertThat(access(0, 0x20).blocked()).isTrue();
    assertThat(unit.read(0x34, 4)).isZero();
  }

  @Test
  void aWaitStoresItsStatusAndRaisesTheEventOnce() {
    unit.write(0xa0, 4, 0);
    queue(5 | 1 << 5 | 1 << 4 | 0x1234L << 32, STATUS + 4);
    queue(5 | 1 << 4, 0);
    assertThat(memory.word(STATUS)).isEqualTo(0x1234L << 32);
    assertThat(unit.read(0x9c, 4)).isEqualTo(1);
    assertThat(sent).containsExactly("message fee00000 160");
    unit.write(0x9c, 4, 1);
    queue(5 | 1 << 4, 0);
    assertThat(sent).hasSize(2);
    assertThat(unit.read(0x80, 8)).isEqualTo(tail);
  }

  @Test
  void anErrorStopsTheQueueUntilItIsCleared() {
    unit.write(0x38, 4, 0);
    queue(0xd, 0);
    queue(5 | 1 << 5 | 1L << 32, STATUS);
    assertThat(unit.read(0x34, 4)).isEqualTo(1 << 4);
    assertThat(unit.read(0xb0, 8)).isEqualTo(3);
    assertThat(unit.read(0x80, 8)).isZero();
    assertThat(memory.word(STATUS)).isZero();
    assertThat(sent).containsExactly("message fee00000 56");
    memory.store(QUEUE, 5 | 1 << 5 | 2L << 32);
    memory.store(QUEUE + 8, STATUS + 8);
    unit.write(0x34, 4, 1 << 4);
    assertThat(memory.word(STATUS)).isEqualTo(1);
    assertThat(memory.word(STATUS + 8)).isEqualTo(2);
  }

  @Test
  void theTailMustBeInsideAndAligned() {
    unit.write(0x88, 8, 0x1000);
    assertThat(unit.read(0xb0, 8)).isEqualTo(1);
    unit.write(0x88, 8, 0);
    unit.write(0x34, 4, 1 << 4);
    unit.write(0x88, 8, 16);
    assertThat(unit.read(0xb0, 8)).isEqualTo(6);
    assertThat(unit.read(0x88, 8)).isZero();
  }

  private void interruptTable(long q0, long q1) {
    memory.store(INTERRUPTS + 3 * 16, q0);
    memory.store(INTERRUPTS + 3 * 16 + 8, q1);
    unit.write(0xb8, 8, INTERRUPTS | 7);
    command(1 << 24);
    command(1 << 25);
  }

  private void message(int source, int index) {
    unit.message(source, 0xfee00000L | 1 << 4 | (long) index << 5, 0);
  }

  @Test
  void interruptsGoWhereTheirEntrySays() {
    unit.message(SOURCE, 0xfee01000L, 0x41);
    assertThat(sent).containsExactly("message fee01000 65");
    sent.clear();
    interruptTable(1 | 0x31 << 16 | 2L << 40, SOURCE | 1 << 18);
    message(SOURCE, 3);
    assertThat(sent).containsExactly("interrupt 49 to 2");
    memory.store(INTERRUPTS + 3 * 16, 1 | 0x32 << 16 | 2L << 40);
    message(SOURCE, 3);
    queue(4 | 1 << 4 | 2L << 32, 0);
    message(SOURCE, 3);
    queue(4 | 1 << 4 | 3L << 32, 0);
    message(SOURCE, 3);
    assertThat(sent.subList(1, 4))
        .containsExactly("interrupt 49 to 2", "interrupt 49 to 2", "interrupt 50 to 2");
  }

  @Test
  void interruptsThatAreRefusedAreRecorded() {
    interruptTable(1 | 0x31 << 16, SOURCE | 1 << 18);
    message(SOURCE + 1, 3);
    message(SOURCE + 2, 0x100);
    message(SOURCE + 3, 4);
    assertThat(unit.read(RECORDS + 8, 8) >>> 32 & 0xff).isEqualTo(0x26);
    assertThat(unit.read(RECORDS, 8)).isEqualTo(3L << 48);
    assertThat(unit.read(RECORDS + 24, 8) >>> 32 & 0xff).isEqualTo(0x21);
    assertThat(unit.read(RECORDS + 40, 8) >>> 32 & 0xff).isEqualTo(0x22);
    assertThat(sent).isEmpty();
  }

  @Test
  void compatibilityFormatIsBlockedUnlessItIsAllowed() {
    interruptTable(0, 0);
    unit.message(SOURCE, 0xfee01000L, 1);
    assertThat(unit.read(RECORDS + 8, 8) >>> 32 & 0xff).isEqualTo(0x25);
    command(1 << 23);
    unit.message(SOURCE, 0xfee01000L, 1);
    assertThat(sent).containsExactly("message fee01000 1");
  }

  @Test
  void postingSetsTheVectorAndNotifiesOnce() {
    long descriptor = 0x60040;
    memory.store(descriptor + 32, 0xf2L << 16 | 4L << 40);
    interruptTable(1 | 1 << 15 | 0x81 << 16 | (descriptor >>> 6) << 38, (descriptor >>> 32) << 32);
    message(SOURCE, 3);
    message(SOURCE, 3);
    assertThat(memory.word(descriptor + 16)).isEqualTo(2);
    assertThat(memory.word(descriptor + 32) & 1).isEqualTo(1);
    assertThat(sent).containsExactly("interrupt 242 to 4");
    memory.store(descriptor + 32, 2 | 0xf2L << 16 | 4L << 40);
    message(SOURCE, 3);
    assertThat(sent).hasSize(1);
    memory.store(descriptor + 32, 1L << 5);
    message(SOURCE, 3);
    assertThat(unit.read(RECORDS + 8, 8) >>> 32 & 0xff).isEqualTo(0x28);
  }

  @Test
  void pageRequestsAreQueuedAndAnswered() {
    unit.write(0xd0, 8, REQUESTS);
    unit.write(0xe0, 4, 0);
    DmaRequest access = new DmaRequest(SOURCE, PASID, 0x5000, true, false);
    unit.request(new PageRequest(access, 9, false));
    unit.request(new PageRequest(access, 9, true));
    assertThat(unit.read(0xc8, 8)).isEqualTo(64);
    assertThat(unit.read(0xdc, 4)).isEqualTo(1);
    assertThat(memory.word(REQUESTS + 32)).isEqualTo(1 | 1 << 8 | SOURCE << 16 | 5L << 32);
    assertThat(memory.word(REQUESTS + 40)).isEqualTo(0x5000 | 9 << 3 | 1 << 2 | 2);
    assertThat(sent).containsExactly("message fee00000 224");
    queue(9 | 1 << 4 | SOURCE << 16 | 5L << 32, 9 << 3 | 1 << 2);
    assertThat(sent).last().isEqualTo("response 16 5 9 SUCCESS");
    unit.write(0xc0, 8, 96);
    unit.request(new PageRequest(access, 1, true));
    assertThat(unit.read(0xdc, 4)).isEqualTo(3);
    assertThat(sent).last().isEqualTo("response 16 5 1 FAILURE");
  }

  private static DmaRequest read(long address) {
    return new DmaRequest(SOURCE, PASID, address, false, false);
  }

  private static DmaRequest write(long address) {
    return new DmaRequest(SOURCE, PASID, address, true, false);
  }

  private void context(int bits) {
    memory.store(0x2000 + SOURCE * 32L, 0x3000 | 1 | bits);
  }

  @Test
  void aDeviceKeepsWhatItAskedForUntilItsTlbIsInvalidated() {
    context(1 << 2 | 1 << 3);
    assertThat(unit.translateByAts(read(0x123)).address()).isEqualTo(0xa123);
    memory.store(LEAF, 0xb067);
    // The unit forgets, the device does not.
    queue(2 | 1 << 4, 0);
    assertThat(unit.translateByAts(read(0x123)).address()).isEqualTo(0xa123);
    assertThat(unit.translate(read(0x123)).address()).isEqualTo(0xb123);
    queue(8 | (long) SOURCE << 16 | (long) PASID << 32, 0);
    assertThat(unit.translateByAts(read(0x123)).address()).isEqualTo(0xb123);
  }

  @Test
  void aTranslationRequestThatGetsNoRightsIsNoFault() {
    context(1 << 2 | 1 << 3);
    memory.store(LEAF, 0);
    assertThat(unit.translateByAts(read(0)).blocked()).isTrue();
    memory.store(LEAF, 0xa025);
    assertThat(unit.translateByAts(write(0)).blocked()).isTrue();
    assertThat(unit.read(0x34, 4)).isZero();
    // An untranslated request for the same is one.
    assertThat(unit.translate(write(0)).blocked()).isTrue();
    assertThat(unit.read(0x34, 4)).isNotZero();
  }

  @Test
  void whatIsWrongWithTheTablesIsRecordedForTranslationRequestsToo() {
    context(1 << 2 | 1 << 3);
    memory.store(0x4000 + PASID * 64L, 0);
    assertThat(unit.translateByAts(read(0)).code()).isEqualTo(0x59);
    assertThat(unit.read(RECORDS + 8, 8) >>> 32 & 0xff).isEqualTo(0x59);
  }

  @Test
  void translationRequestsMustBeAllowed() {
    context(1 << 3);
    assertThat(unit.translateByAts(read(0)).code()).isEqualTo(0x44);
    assertThat(unit.read(RECORDS + 8, 8) >>> 32 & 0xff).isEqualTo(0x44);
    // Before the PASID is looked at, which the entry forbids as well.
    context(0);
    queue(1 | 1 << 4, 0);
    assertThat(unit.translateByAts(read(0)).code()).isEqualTo(0x44);
    assertThat(unit.translate(read(0)).code()).isEqualTo(0x45);
  }

  @Test
  void pageRequestsMustBeAllowed() {
    context(1 << 3);
    unit.request(new PageRequest(read(0x5000), 3, true));
    assertThat(sent).contains("response " + SOURCE + " " + PASID + " 3 INVALID_REQUEST");
    assertThat(unit.read(RECORDS + 8, 8) >>> 32 & 0xff).isEqualTo(0x47);
    assertThat(unit.read(0xc8, 8)).isZero();
  }

  @Test
  void registerBasedInvalidationWorksWhileTheQueueIsOff() {
    assertThat(at(0)).isEqualTo(0xa000);
    memory.store(LEAF, 0xb067);
    unit.write(0xf08, 8, 1L << 63 | 1L << 60);
    assertThat(at(0)).isEqualTo(0xa000);
    unit.write(0x18, 4, unit.read(0x1c, 4) & ~(1L << 26) & 0x96800000L);
    unit.write(0xf08, 8, 1L << 63 | 1L << 60);
    assertThat(unit.read(0xf08, 8) >>> 57 & 3).isEqualTo(1);
    assertThat(unit.read(0xf08, 8)).isNotNegative();
    assertThat(at(0)).isEqualTo(0xb000);
  }

  /** Whatever is written wherever, nothing is thrown and nothing hangs. */
  @Test
  void anythingMayBeWritten() {
    Random random = new Random(5);
    for (int i = 0; i < 100_000; i++) {
      int size = random.nextBoolean() ? 4 : 8;
      int offset = random.nextInt(0x1000 / size) * size;
      unit.write(offset, size, random.nextLong() >>> random.nextInt(64));
      var _ = unit.read(offset, size);
      memory.store(random.nextInt(0x100000) & -8L, random.nextLong() >>> random.nextInt(64));
      at(random.nextLong() >>> random.nextInt(64));
      unit.message(SOURCE, 0xfee00000L | random.nextInt(1 << 20), random.nextInt());
      sent.clear();
    }
  }
}
