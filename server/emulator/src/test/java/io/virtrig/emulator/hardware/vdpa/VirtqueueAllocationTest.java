package io.virtrig.emulator.hardware.vdpa;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Descriptors are the hottest of paths: handling one must leave nothing for the collector. */
class VirtqueueAllocationTest {
  private static final int RING = 64;
  private static final int ROUNDS = 300;
  private static final int BYTES = 0x10000;

  private final PhysicalMemory memory = new PhysicalMemory();
  private int available;
  private boolean wrap = true;

  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void aRequestAllocatesNothing(boolean net, boolean packed) {
    memory.allocate(BYTES / PhysicalMemory.PAGE_SIZE);
    VdpaDevice device = device(net, packed);
    round(device, net, packed);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    byte[] ring = new byte[16 * RING];
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < ROUNDS; i++) {
      publish(net, packed, ring);
      device.kick(net ? 1 : 0);
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(device.problem()).isNull();
    assertThat(device.queue(net ? 1 : 0).base() & 0x7fff).isEqualTo(expected(packed));
    assertThat(allocated).isLessThan((long) ROUNDS * RING / 2);
  }

  /** After whole rounds, a packed ring is where it began; a split one has counted. */
  private int expected(boolean packed) {
    return packed ? 0 : available & 0x7fff;
  }

  private void round(VdpaDevice device, boolean net, boolean packed) {
    publish(net, packed, new byte[16 * RING]);
    device.kick(net ? 1 : 0);
  }

  private VdpaDevice device(boolean net, boolean packed) {
    VdpaDevice device =
        new VdpaDevice(
            "d", VdpaModel.bare(true, net), net ? 2 : 1, 0, memory, new KickQueue(), 0x40000, 0);
    device.iotlb(0, new Translations.Builder(memory, 1).add(0, BYTES - 1, 0, 3).build());
    device.forceFeatures(VdpaModel.VERSION_1 | 1L << 9 | (packed ? VdpaModel.PACKED : 0));
    for (int i = 0; i < device.queues(); i++) {
      device.queue(i).size(RING);
      device.queue(i).address(at(i), at(i) + 0x1000, at(i) + 0x2000);
      device.queue(i).ready(true);
    }
    device.status(0x0f);
    byte[] packet = new byte[64];
    packet[12] = (byte) 0xff;
    packet[0] = (byte) (net ? 0 : 4);
    memory.write(0x8000, packet, 0, packet.length);
    return device;
  }

  private static int at(int queue) {
    return 0x4000 * queue;
  }

  private void publish(boolean net, boolean packed, byte[] ring) {
    for (int queue = 0; queue < (net ? 2 : 1); queue++) {
      for (int i = 0; i < RING; i++) {
        boolean write = net ? queue == 0 : i % 2 == 1;
        put(ring, 16 * i, write ? 0x9000 : 0x8000, 8);
        put(ring, 16 * i + 8, net ? 64 : write ? 1 : 16, 4);
        int flags = (write ? 2 : 0) | (!net && !write ? 1 : 0);
        if (packed) {
          flags |= wrap ? 0x80 : 0x8000;
        }
        put(ring, 16 * i + (packed ? 14 : 12), flags, 2);
        put(ring, 16 * i + (packed ? 12 : 14), packed ? i : (i + 1) % RING, 2);
      }
      memory.write(at(queue), ring, 0, ring.length);
      if (!packed) {
        for (int i = 0; i < RING; i++) {
          put(ring, 2 * i, net ? i : 2 * i % RING, 2);
        }
        memory.write(at(queue) + 0x1004, ring, 0, 2 * RING);
        put(ring, 0, available + (net ? RING : RING / 2), 2);
        memory.write(at(queue) + 0x1002, ring, 0, 2);
      }
    }
    available += net ? RING : RING / 2;
    wrap = !wrap;
  }

  private static void put(byte[] to, int at, long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      to[at + i] = (byte) (value >>> (8 * i));
    }
  }
}
