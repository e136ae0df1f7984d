package io.virtrig.emulator.hardware.iommu.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.ImageMemory;
import io.virtrig.emulator.hardware.iommu.PageRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An SMMU driven by its registers: stage 1 only, one context descriptor, stream 2. */
class SmmuRegistersTest {
  private static final int STREAM = 2;
  private static final long STREAMS = 0x1000;
  private static final long CD = 0x2000;
  private static final long COMMANDS = 0x10000;
  private static final long EVENTS = 0x11000;
  private static final long REQUESTS = 0x12000;
  private static final long LEAF = 0x6000;
  private static final long PAGE = 0xf43;

  private final ImageMemory memory = new ImageMemory();
  private final List<String> sent = new ArrayList<>();
  private final SmmuRegisters unit =
      new SmmuRegisters(memory, new SmmuCapabilities(3, 16 | 4 << 6, 4), 64, new Recorder());
  private int prod;

  private final class Recorder implements SmmuRegisters.Outside {
    @Override
    public void resume(int stream, int tag, boolean retry) {
      sent.add("resume " + stream + " " + tag + " " + retry);
    }

    @Override
    public void response(int stream, int substream, int group, int code) {
      sent.add("response " + stream + " " + substream + " " + group + " " + code);
    }

    @Override
    public void message(long address, int data) {
      sent.add("message " + Long.toHexString(address) + " " + data);
    }
  }

  @BeforeEach
  void enable() {
    memory.add(0, 0x100000);
    memory.store(STREAMS + STREAM * 64, CD | 5 << 1 | 1);
    descriptor(0x0001_6204_8000_3519L);
    memory.store(0x4000, 0x5003);
    memory.store(0x5000, 0x6003);
    memory.store(LEAF, 0x7000 | PAGE);
    unit.write(0x80, 8, STREAMS);
    unit.write(0x88, 4, 6);
    unit.write(0x90, 8, COMMANDS | 3);
    unit.write(0xa0, 8, EVENTS | 1);
    unit.write(0xc0, 8, REQUESTS | 1);
    assertThat(at(0)).isZero();
    unit.write(0x20, 4, 0xf);
  }

  /** T0SZ 25: three levels from 0x4000 on; the upper half is off. */
  private void descriptor(long word) {
    memory.store(CD, word | 1 << 30);
    memory.store(CD + 8, 0x4000);
  }

  private void command(long d0, long d1) {
    memory.store(COMMANDS + (prod & 7) * 16L, d0);
    memory.store(COMMANDS + (prod & 7) * 16L + 8, d1);
    prod = (prod + 1) & 0xf;
    unit.write(0x98, 4, prod);
  }

  private long at(long address) {
    SmmuOutcome outcome =
        unit.translate(new DmaRequest(STREAM, DmaRequest.NO_PASID, address, false, false));
    return outcome.blocked() ? -1 : outcome.address();
  }

  @Test
  void translationsAreKeptUntilInvalidated() {
    assertThat(at(0)).isEqualTo(0x7000);
    memory.store(LEAF, 0x8000 | PAGE);
    command(0x11 | 2L << 48, 0);
    command(0x12 | 1L << 48, 0x1000);
    assertThat(at(0)).isEqualTo(0x7000);
    command(0x12 | 1L << 48, 0);
    assertThat(at(0)).isEqualTo(0x8000);
    memory.store(LEAF, 0x9000 | PAGE);
    command(0x11 | 1L << 48, 0);
    assertThat(at(0)).isEqualTo(0x9000);
  }

  @Test
  void structuresAreKeptUntilInvalidated() {
    assertThat(at(0)).isEqualTo(0x7000);
    descriptor(0);
    memory.store(STREAMS + STREAM * 64, 0);
    assertThat(at(0)).isEqualTo(0x7000);
    command(0x03 | 3L << 32, 0);
    command(0x05 | 3L << 32, 0);
    assertThat(at(0)).isEqualTo(0x7000);
    command(0x04, 31);
    assertThat(at(0)).isEqualTo(-1);
  }

  @Test
  void eventsAreRecordedUntilTheQueueIsFull() {
    assertThat(at(0x1000)).isEqualTo(-1);
    assertThat(memory.word(EVENTS)).isEqualTo(0x10 | (long) STREAM << 32);
    assertThat(memory.word(EVENTS + 8)).isEqualTo(1L << 35 | 2L << 40);
    assertThat(memory.word(EVENTS + 16)).isEqualTo(0x1000);
    assertThat(at(0x2000)).isEqualTo(-1);
    assertThat(unit.read(0xa8, 4)).isEqualTo(2);
    assertThat(at(0x3000)).isEqualTo(-1);
    assertThat(at(0x3000)).isEqualTo(-1);
    assertThat(unit.read(0xa8, 4)).isEqualTo(1L << 31 | 2);
    unit.write(0xac, 4, 1L << 31 | 2);
    assertThat(at(0x3000)).isEqualTo(-1);
    assertThat(unit.read(0xa8, 4)).isEqualTo(1L << 31 | 3);
  }

  @Test
  void aBadStreamIsRecordedOnlyIfAskedFor() {
    DmaRequest bad = new DmaRequest(0x100, DmaRequest.NO_PASID, 0, false, false);
    assertThat(unit.translate(bad).event()).isEqualTo(SmmuEvent.C_BAD_STREAMID);
    assertThat(unit.read(0xa8, 4)).isZero();
    unit.write(0x2c, 4, 2);
    assertThat(unit.translate(bad).event()).isEqualTo(SmmuEvent.C_BAD_STREAMID);
    assertThat(unit.read(0xa8, 4)).isEqualTo(1);
  }

  @Test
  void aStalledTransactionWaitsForItsCommand() {
    descriptor(0x0001_7204_8000_3519L);
    assertThat(at(0x1000)).isEqualTo(-1);
    assertThat(at(0x2000)).isEqualTo(-1);
    assertThat(memory.word(EVENTS + 8) & 0x8000_ffffL).isEqualTo(0x8000_0000L);
    assertThat(memory.word(EVENTS + 40) & 0x8000_ffffL).isEqualTo(0x8000_0001L);
    command(0x44 | 1 << 12 | (long) STREAM << 32, 0);
    command(0x44 | 1 << 12 | (long) STREAM << 32, 0);
    command(0x45 | (long) STREAM << 32, 0);
    assertThat(sent).containsExactly("resume 2 0 true", "resume 2 1 false");
  }

  @Test
  void aBadCommandStopsTheQueueUntilItIsAcknowledged() {
    command(0xff, 0);
    command(0x46 | 1 << 12 | 7L << 32, 0x9000);
    assertThat(unit.read(0x9c, 4)).isEqualTo(1 << 24);
    assertThat(unit.read(0x60, 4)).isEqualTo(1);
    assertThat(sent).isEmpty();
    memory.store(COMMANDS, 0x46);
    unit.write(0x64, 4, 1);
    assertThat(unit.read(0x9c, 4) & 0xffffff).isEqualTo(2);
    assertThat(sent).containsExactly("message 9000 7");
  }

  @Test
  void pageRequestsAreQueuedAndAnswered() {
    DmaRequest access = new DmaRequest(STREAM, 3, 0x5000, true, false);
    unit.request(new PageRequest(access, 4, true));
    assertThat(memory.word(REQUESTS)).isEqualTo(STREAM | 3L << 32 | 1L << 61 | 1L << 62 | 1L << 63);
    assertThat(memory.word(REQUESTS + 8)).isEqualTo(0x5000 | 4);
    command(0x41 | 1 << 11 | 3 << 12 | (long) STREAM << 32, 4 | 2 << 12);
    assertThat(sent).containsExactly("response 2 3 4 2");
    unit.request(new PageRequest(access, 5, true));
    unit.request(new PageRequest(access, 6, true));
    assertThat(sent).last().isEqualTo("response 2 3 6 1");
  }

  @Test
  void offItLetsThroughOrAborts() {
    unit.write(0x20, 4, 0);
    assertThat(at(0x1234)).isEqualTo(0x1234);
    unit.write(0x44, 4, 1 << 20);
    assertThat(at(0x1234)).isEqualTo(0x1234);
    unit.write(0x44, 4, 1L << 31 | 1 << 20);
    assertThat(at(0x1234)).isEqualTo(-1);
  }

  /** Whatever is written wherever, nothing is thrown and nothing hangs. */
  @Test
  void anythingMayBeWritten() {
    Random random = new Random(6);
    for (int i = 0; i < 100_000; i++) {
      int size = random.nextBoolean() ? 4 : 8;
      int offset = random.nextInt(0x100 / size) * size;
      unit.write(offset, size, random.nextLong() >>> random.nextInt(64));
      var _ = unit.read(offset, size);
      memory.store(random.nextInt(0x100000) & -8L, random.nextLong() >>> random.nextInt(64));
      at(random.nextLong() >>> random.nextInt(64));
      sent.clear();
    }
  }
}
