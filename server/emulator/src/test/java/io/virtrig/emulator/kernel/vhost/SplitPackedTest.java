package io.virtrig.emulator.kernel.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.kernel.vhost.VirtioDriver.Part;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same requests through a split and a packed ring have the same results. */
class SplitPackedTest {
  private static final long RING = 0x10000;
  private static final long HEADER = 0x20000;
  private static final long DATA = 0x30000;
  private static final long STATUS = 0x60000;
  private static final int ROUNDS = 60;
  private static final int QUEUE_SIZE = 16;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void blockRequests(long seed) {
    assertThat(block(true, seed)).isEqualTo(block(false, seed)).hasSize(ROUNDS);
  }

  private static List<String> block(boolean packed, long seed) {
    List<String> results = new ArrayList<>();
    Random random = new Random(seed);
    try (VdpaRig vdpa = new VdpaRig("vp_vdpa", "blk")) {
      start(vdpa, packed);
      VirtioDriver driver = new VirtioDriver(vdpa, 0, packed, QUEUE_SIZE, RING);
      vdpa.rig.ok(vdpa.status(VdpaRig.DRIVER_OK));
      for (int round = 0; round < ROUNDS; round++) {
        results.add(request(vdpa, driver, random));
      }
    }
    return results;
  }

  private static void start(VdpaRig vdpa, boolean packed) {
    vdpa.rig.ok(vdpa.features(VdpaRig.PLAIN | 1L << 9 | 1L << 14 | (packed ? VdpaRig.PACKED : 0)));
    vdpa.rig.ok(vdpa.status(0x0b));
  }

  /** A request of a random kind, its data in random pieces, some of them nowhere. */
  private static String request(VdpaRig vdpa, VirtioDriver driver, Random random) {
    int[] kinds = {0, 1, 1, 4, 8, 13, 11, 99};
    int type = kinds[random.nextInt(kinds.length)];
    long sector = random.nextInt(12) == 0 ? 0x40000 : random.nextInt(64);
    vdpa.store(
        HEADER,
        ByteBuffer.allocate(16)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(type)
            .putInt(0)
            .putLong(sector)
            .array());
    byte[] data = new byte[512 * (1 + random.nextInt(4))];
    random.nextBytes(data);
    vdpa.store(DATA, data);
    vdpa.store(STATUS, (byte) 0x77);
    List<Part> parts = new ArrayList<>();
    parts.add(new Part(HEADER, 16, false));
    boolean read = type == 0 || type == 8;
    int at = 0;
    while (at < data.length) {
      int piece = Math.min(data.length - at, 1 + random.nextInt(700));
      boolean lost = random.nextInt(40) == 0;
      parts.add(new Part(lost ? 0x7000_0000L : DATA + at, piece, read));
      at += piece;
    }
    parts.add(new Part(STATUS, 1, true));
    int slots = Math.min(parts.size(), QUEUE_SIZE);
    while (parts.size() > slots) {
      parts.remove(1);
    }
    driver.add(parts.toArray(Part[]::new));
    driver.kick();
    return driver.take(slots)
        + " status "
        + vdpa.load(STATUS, 1)[0]
        + " interrupts "
        + driver.interrupts()
        + " device "
        + vdpa.status()
        + " data "
        + HexFormat.of().formatHex(vdpa.load(DATA, data.length));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void packets(long seed) {
    assertThat(packets(true, seed)).isEqualTo(packets(false, seed)).hasSize(ROUNDS);
  }

  private static List<String> packets(boolean packed, long seed) {
    List<String> results = new ArrayList<>();
    Random random = new Random(seed);
    try (VdpaRig vdpa = new VdpaRig("ifcvf", "net")) {
      vdpa.rig.ok(vdpa.features(VdpaRig.PLAIN | (packed ? VdpaRig.PACKED : 0)));
      vdpa.rig.ok(vdpa.status(0x0b));
      VirtioDriver receive = new VirtioDriver(vdpa, 0, packed, QUEUE_SIZE, RING);
      VirtioDriver transmit = new VirtioDriver(vdpa, 1, packed, QUEUE_SIZE, RING + 0x4000);
      vdpa.rig.ok(vdpa.status(VdpaRig.DRIVER_OK));
      int waiting = 0;
      for (int round = 0; round < ROUNDS; round++) {
        byte[] packet = new byte[18 + random.nextInt(200)];
        random.nextBytes(packet);
        vdpa.store(HEADER, packet);
        boolean room = random.nextInt(4) != 0;
        if (room && waiting < QUEUE_SIZE) {
          waiting++;
          receive.add(new Part(DATA, 1 + random.nextInt(300), true));
        }
        transmit.add(new Part(HEADER, 12, false), new Part(HEADER + 12, packet.length - 12, false));
        transmit.kick();
        int received = receive.take(1);
        waiting -= received < 0 ? 0 : 1;
        results.add(
            transmit.take(2)
                + " received "
                + received
                + " interrupts "
                + receive.interrupts()
                + " "
                + transmit.interrupts()
                + " "
                + HexFormat.of().formatHex(vdpa.load(DATA, Math.max(received, 0))));
      }
    }
    return results;
  }
}
