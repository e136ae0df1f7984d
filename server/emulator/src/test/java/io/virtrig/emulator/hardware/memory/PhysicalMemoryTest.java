package io.virtrig.emulator.hardware.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtrig.emulator.state.StateHash;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PhysicalMemoryTest {
  private final PhysicalMemory memory = new PhysicalMemory();

  @Test
  void handsOutTheLowestRunThatFits() {
    long first = memory.allocate(4);
    long second = memory.allocate(2);
    memory.put(first, 4);
    assertThat(memory.allocate(5)).isEqualTo(second + 2);
    assertThat(memory.allocate(3)).isEqualTo(first);
  }

  @Test
  void refusesMoreFramesThanThereAre() {
    assertThat(memory.allocate(PhysicalMemory.FRAMES + 1)).isEqualTo(-1);
    assertThat(memory.allocate(PhysicalMemory.FRAMES)).isZero();
    assertThat(memory.allocate(1)).isEqualTo(-1);
  }

  @Test
  void framesLiveUntilTheLastReferenceGoes() {
    long frame = memory.allocate(8);
    memory.write(frame * 4096 + 5, new byte[] {7}, 0, 1);
    memory.get(frame, 2);
    memory.put(frame, 8);
    assertThat(memory.used()).isEqualTo(2);
    assertThat(read(memory, frame * 4096 + 5, 1)).containsExactly(7);
    memory.put(frame, 2);
    assertThat(memory.used()).isZero();
    assertThat(memory.allocate(8)).isEqualTo(frame);
    assertThat(read(memory, frame * 4096 + 5, 1))
        .as("contents of a frame handed out anew")
        .containsExactly(0);
  }

  @Test
  void droppingAFreeFrameIsADefect() {
    assertThatThrownBy(() -> memory.put(3, 1)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void copiesShareContentsUntilOneWrites() {
    long frame = memory.allocate(2);
    memory.write(frame * 4096, new byte[] {1, 2, 3}, 0, 3);
    PhysicalMemory copy = memory.copy();
    assertThat(StateHash.of(copy)).isEqualTo(StateHash.of(memory));
    copy.write(frame * 4096 + 1, new byte[] {9}, 0, 1);
    memory.write(frame * 4096 + 2, new byte[] {8}, 0, 1);
    assertThat(read(memory, frame * 4096, 3)).containsExactly(1, 2, 8);
    assertThat(read(copy, frame * 4096, 3)).containsExactly(1, 9, 3);
    memory.put(frame, 2);
    assertThat(read(copy, frame * 4096, 3)).containsExactly(1, 9, 3);
  }

  @Test
  void aPageOfZeroesIsTheSameStateAsOneNeverWritten() {
    long frame = memory.allocate(1);
    String before = StateHash.of(memory);
    memory.write(frame * 4096, new byte[] {5}, 0, 1);
    assertThat(StateHash.of(memory)).isNotEqualTo(before);
    memory.write(frame * 4096, new byte[] {0}, 0, 1);
    assertThat(StateHash.of(memory)).isEqualTo(before);
  }

  /** Random references, writes and copies against a map of frames. */
  @Test
  void behavesLikeAPlainMapOfFrames() {
    for (long seed = 0; seed < 200; seed++) {
      new Differential(seed).run();
    }
  }

  private static final class Differential {
    private final long seed;
    private final SplittableRandom random;
    private PhysicalMemory memory = new PhysicalMemory();
    private Map<Long, Integer> references = new HashMap<>();
    private Map<Long, byte[]> contents = new HashMap<>();

    Differential(long seed) {
      this.seed = seed;
      random = new SplittableRandom(seed);
    }

    void run() {
      List<PhysicalMemory> frozen = new ArrayList<>();
      List<String> frozenHashes = new ArrayList<>();
      List<Long> frozenBytes = new ArrayList<>();
      for (int step = 0; step < 120; step++) {
        switch (random.nextInt(6)) {
          case 0 -> allocate(1 + random.nextInt(100));
          case 1 -> adjust(1);
          case 2, 3 -> adjust(-1);
          case 4 -> write();
          default -> {
            frozen.add(memory.copy());
            frozenHashes.add(StateHash.of(memory));
            frozenBytes.add(memory.writtenBytes());
          }
        }
        check();
      }
      for (int i = 0; i < frozen.size(); i++) {
        assertThat(StateHash.of(frozen.get(i)))
            .as("seed %d, copy %d", seed, i)
            .isEqualTo(frozenHashes.get(i));
        assertThat(frozen.get(i).writtenBytes())
            .as("seed %d, copy %d", seed, i)
            .isEqualTo(frozenBytes.get(i));
      }
    }

    private void allocate(int count) {
      long start = memory.allocate(count);
      for (long frame = start; frame < start + count; frame++) {
        assertThat(references.put(frame, 1))
            .as("seed %d: frame %d was in use", seed, frame)
            .isNull();
      }
    }

    private void adjust(int by) {
      List<Long> used = references.keySet().stream().sorted().toList();
      if (used.isEmpty()) {
        return;
      }
      long first = used.get(random.nextInt(used.size()));
      long count = 1;
      while (references.containsKey(first + count) && random.nextInt(20) != 0) {
        count++;
      }
      if (by > 0) {
        memory.get(first, count);
      } else {
        memory.put(first, count);
      }
      for (long frame = first; frame < first + count; frame++) {
        if (references.merge(frame, by, Integer::sum) == 0) {
          references.remove(frame);
          contents.remove(frame);
        }
      }
    }

    private void write() {
      List<Long> used = references.keySet().stream().sorted().toList();
      if (used.isEmpty()) {
        return;
      }
      long frame = used.get(random.nextInt(used.size()));
      byte[] bytes = new byte[1 + random.nextInt(64)];
      random.nextBytes(bytes);
      int offset = random.nextInt(4096 - bytes.length);
      memory.write(frame * 4096 + offset, bytes, 0, bytes.length);
      System.arraycopy(
          bytes, 0, contents.computeIfAbsent(frame, f -> new byte[4096]), offset, bytes.length);
    }

    private void check() {
      assertThat(memory.used()).as("seed %d", seed).isEqualTo(references.size());
      assertThat(memory.writtenBytes()).as("seed %d", seed).isEqualTo(contents.size() * 4096L);
      contents.forEach(
          (frame, bytes) ->
              assertThat(Arrays.equals(read(memory, frame * 4096, 4096), bytes))
                  .as("seed %d: frame %d", seed, frame)
                  .isTrue());
    }
  }

  private static byte[] read(PhysicalMemory memory, long address, int length) {
    byte[] bytes = new byte[length];
    memory.read(address, bytes, 0, length);
    return bytes;
  }

  @Test
  void showsThePagesThatWereWrittenInTheirOrder() {
    memory.write(9L << 30, new byte[] {3}, 0, 1);
    memory.write(0x1fff, new byte[] {1, 2}, 0, 2);
    List<String> shown = new ArrayList<>();
    memory.visitWritten(
        (address, bytes) ->
            shown.add(
                "%x: %d %d".formatted(address, bytes[0], bytes[PhysicalMemory.PAGE_SIZE - 1])));
    assertThat(shown).containsExactly("1000: 0 1", "2000: 2 0", "240000000: 3 0");
  }
}
