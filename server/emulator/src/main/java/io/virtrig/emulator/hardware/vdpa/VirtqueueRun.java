package io.virtrig.emulator.hardware.vdpa;

import static io.virtrig.emulator.hardware.memory.PhysicalMemory.PAGE_SIZE;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.extent.Extent;
import io.virtrig.emulator.extent.ExtentMap;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.v1.RunVirtqueuesRequest;
import io.virtrig.v1.RunVirtqueuesResponse;
import io.virtrig.v1.VirtqueueBytes;
import io.virtrig.v1.VirtqueueChange;
import io.virtrig.v1.VirtqueueDevice;
import io.virtrig.v1.VirtqueueError;
import io.virtrig.v1.VirtqueueMemory;
import io.virtrig.v1.VirtqueuePosition;
import io.virtrig.v1.VirtqueueSector;
import io.virtrig.v1.VirtqueueSetup;
import java.util.Arrays;
import java.util.List;

/** One run of a device by itself: it is made, its queues are kicked, and what changed is told. */
public final class VirtqueueRun {
  private static final long MOST_MEMORY = 16L << 20;
  private static final int MOST_KICKS = 64;
  private static final long MOST_SECTORS = 1L << 24;
  private static final int SECTOR = 512;
  private static final int USUAL_STATUS = 0x0f;
  private static final int MAC_BYTES = 6;
  private static final int WRAP = 0x8000;

  private record Mapped(long start, long last, long physical, int permission) implements Extent {}

  private final RunVirtqueuesRequest request;
  private final PhysicalMemory memory = new PhysicalMemory();
  private final ExtentMap<Mapped> mapped = new ExtentMap<>();
  private final VdpaDevice device;
  private final long[] interrupts;
  private long configInterrupts;

  private VirtqueueRun(RunVirtqueuesRequest request) {
    this.request = request;
    VirtqueueDevice wanted = request.getDevice();
    boolean strict = oneOf("device.model", wanted.getModel(), "strict", "sim");
    boolean net = oneOf("device.class", wanted.getClass_(), "net", "blk");
    long capacity = wanted.hasCapacity() ? wanted.getCapacity() : VdpaDevice.SECTORS;
    if (capacity < 0 || capacity > MOST_SECTORS) {
      throw Refused.exhausted("device.capacity", "at most " + MOST_SECTORS + " sectors");
    }
    int queues = net ? (strict ? 2 : 3) : 1;
    VdpaModel model = VdpaModel.bare(strict, net);
    device = new VdpaDevice("device", model, queues, 0, memory, new KickQueue(), capacity, 0);
    interrupts = new long[queues];
  }

  private static boolean oneOf(String field, String given, String one, String other) {
    if (!given.equals(one) && !given.equals(other)) {
      throw Refused.invalid(field, "\"" + given + "\" is none of [" + one + ", " + other + "]");
    }
    return given.equals(one);
  }

  /**
   * Runs a device.
   *
   * @throws Refused when the request makes no sense
   */
  public static RunVirtqueuesResponse run(RunVirtqueuesRequest request) {
    return new VirtqueueRun(request).run();
  }

  /**
   * Refuses several runs that are more together than one may be.
   *
   * @throws Refused naming what is too much
   */
  public static void requireTogether(List<RunVirtqueuesRequest> requests) {
    long kicks = 0;
    long bytes = 0;
    for (RunVirtqueuesRequest request : requests) {
      kicks += request.getKicksCount();
      for (VirtqueueMemory entry : request.getMemoryList()) {
        bytes += Math.clamp(entry.getSize(), 0, MOST_MEMORY + 1);
      }
    }
    if (kicks > MOST_KICKS) {
      throw Refused.exhausted("requests.kicks", "at most " + MOST_KICKS + " kicks in all");
    }
    if (bytes > MOST_MEMORY) {
      throw Refused.exhausted("requests.memory", "at most " + MOST_MEMORY + " bytes in all");
    }
  }

  private RunVirtqueuesResponse run() {
    mapMemory();
    long features = 0;
    for (int bit : request.getDevice().getFeaturesList()) {
      features |= Integer.compareUnsigned(bit, Long.SIZE) < 0 ? 1L << bit : 0;
    }
    device.forceFeatures(features);
    PhysicalMemory diskBefore = fillDevice();
    PhysicalMemory memoryBefore = memory.copy();
    for (VirtqueueSetup setup : request.getQueuesList()) {
      setUp(setup);
    }
    device.interrupts().configCallback(() -> configInterrupts++);
    VirtqueueDevice wanted = request.getDevice();
    device.status(wanted.hasStatus() ? wanted.getStatus() & 0xff : USUAL_STATUS);
    if (request.getKicksCount() > MOST_KICKS) {
      throw Refused.exhausted("kicks", "at most " + MOST_KICKS + " kicks");
    }
    for (int kick : request.getKicksList()) {
      checkQueue("kicks", kick);
      device.kick(kick);
    }
    return response(memoryBefore, diskBefore);
  }

  private void mapMemory() {
    long total = 0;
    for (VirtqueueMemory entry : request.getMemoryList()) {
      long size = entry.getSize();
      long last = entry.getIova() + size - 1;
      if (size <= 0 || size > MOST_MEMORY || (total += size) > MOST_MEMORY) {
        throw Refused.exhausted("memory.size", "from 1 byte to " + MOST_MEMORY + " in all");
      }
      if (Long.compareUnsigned(last, entry.getIova()) < 0
          || mapped.firstIn(entry.getIova(), last) != null) {
        throw Refused.invalid("memory.iova", "entries wrap or overlap");
      }
      long physical = memory.allocate((size + PAGE_SIZE - 1) / PAGE_SIZE) * PAGE_SIZE;
      for (VirtqueueBytes data : entry.getDataList()) {
        if (data.getAt() < 0 || data.getAt() > size - data.getHex().size()) {
          throw Refused.invalid("memory.data", "bytes lie outside of their entry");
        }
        memory.write(physical + data.getAt(), data.getHex().toByteArray(), 0, data.getHex().size());
      }
      mapped.add(new Mapped(entry.getIova(), last, physical, permission(entry.getPerm())));
    }
    Translations.Builder table = new Translations.Builder(memory, mapped.size());
    for (Mapped entry : mapped.all()) {
      table.add(entry.start, entry.last, entry.physical, entry.permission);
    }
    device.iotlb(0, table.build());
    if (device.model().addressSpaces() > 1) {
      device.iotlb(1, device.iotlb(device.queue(0)));
    }
  }

  private static int permission(String perm) {
    return switch (perm) {
      case "r" -> Translations.READ;
      case "w" -> Translations.WRITE;
      case "rw" -> Translations.READ | Translations.WRITE;
      default -> throw Refused.invalid("memory.perm", "\"" + perm + "\" is none of [r, w, rw]");
    };
  }

  /** Station address and disk; a copy of the disk. */
  private PhysicalMemory fillDevice() {
    VirtqueueDevice wanted = request.getDevice();
    if (device.backend() instanceof VirtioBlock block) {
      for (VirtqueueSector piece : wanted.getDiskList()) {
        long end = piece.getSector() + (piece.getHex().size() + SECTOR - 1) / SECTOR;
        if (piece.getSector() < 0 || end < 0 || end > block.capacity()) {
          throw Refused.invalid("device.disk", "it ends before sector " + end);
        }
        byte[] bytes = piece.getHex().toByteArray();
        block.disk().write(piece.getSector() * SECTOR, bytes, 0, bytes.length);
      }
      return block.disk().copy();
    }
    if (!wanted.getMac().isEmpty()) {
      if (wanted.getMac().size() != MAC_BYTES) {
        throw Refused.invalid("device.mac", "a station address has " + MAC_BYTES + " bytes");
      }
      for (int i = 0; i < MAC_BYTES; i++) {
        device.config().put(i, wanted.getMac().byteAt(i));
      }
    }
    return new PhysicalMemory();
  }

  private void checkQueue(String field, int index) {
    if (Integer.compareUnsigned(index, device.queues()) >= 0) {
      throw Refused.invalid(
          field, "queue " + Integer.toUnsignedString(index) + " is none of " + device.queues());
    }
  }

  private void setUp(VirtqueueSetup setup) {
    checkQueue("queues.index", setup.getIndex());
    int size = setup.getNum();
    if (size < 1 || size > 0x8000 || (!device.packed() && Integer.bitCount(size) != 1)) {
      throw Refused.invalid("queues.num", Integer.toUnsignedString(size) + " entries");
    }
    Virtqueue queue = device.queue(setup.getIndex());
    queue.size(size);
    queue.address(setup.getDesc(), setup.getDriver(), setup.getDevice());
    queue.base(device.packed() ? packedBase(setup) : setup.getAvailIndex() & 0xffff);
    queue.callback(() -> interrupts[setup.getIndex()]++);
    queue.ready(!setup.hasReady() || setup.getReady());
  }

  private static int packedBase(VirtqueueSetup setup) {
    int availWrap = setup.hasAvailWrap() ? setup.getAvailWrap() : 1;
    int available = setup.getAvailIndex() | (availWrap != 0 ? WRAP : 0);
    int usedIndex = setup.hasUsedIndex() ? setup.getUsedIndex() : setup.getAvailIndex();
    int usedWrap = setup.hasUsedWrap() ? setup.getUsedWrap() : availWrap;
    return (available & 0xffff) | (usedIndex | (usedWrap != 0 ? WRAP : 0)) << 16;
  }

  private RunVirtqueuesResponse response(PhysicalMemory memoryBefore, PhysicalMemory diskBefore) {
    RunVirtqueuesResponse.Builder response =
        RunVirtqueuesResponse.newBuilder()
            .setStatus(device.status())
            .setConfigInterrupts(configInterrupts);
    for (Mapped entry : mapped.all()) {
      changes(entry, memoryBefore, response);
    }
    for (int i = 0; i < device.queues(); i++) {
      if (device.queue(i).ready()) {
        response.putInterrupts(i, interrupts[i]).putQueues(i, position(device.queue(i)));
      }
    }
    if (device.backend() instanceof VirtioBlock block) {
      sectors(diskBefore, block, response);
    } else {
      response.setMac(ByteString.copyFrom(device.config().read(0, MAC_BYTES)));
    }
    if (device.problem() != null) {
      response.setError(
          VirtqueueError.newBuilder().setQueue(device.brokenQueue()).setKind(device.problem()));
    }
    return response.build();
  }

  private VirtqueuePosition position(Virtqueue queue) {
    int base = queue.base();
    int used = queue.ring().used();
    if (!device.packed()) {
      return VirtqueuePosition.newBuilder().setAvailIndex(base).setUsedIndex(used).build();
    }
    return VirtqueuePosition.newBuilder()
        .setAvailIndex(base & ~WRAP & 0xffff)
        .setAvailWrap((base & WRAP) != 0 ? 1 : 0)
        .setUsedIndex(used & ~WRAP)
        .setUsedWrap((used & WRAP) != 0 ? 1 : 0)
        .build();
  }

  private void changes(
      Mapped entry, PhysicalMemory memoryBefore, RunVirtqueuesResponse.Builder response) {
    byte[] before = new byte[(int) (entry.last - entry.start + 1)];
    byte[] after = new byte[before.length];
    memoryBefore.read(entry.physical, before, 0, before.length);
    memory.read(entry.physical, after, 0, after.length);
    int at = 0;
    int same;
    while ((same = Arrays.mismatch(before, at, before.length, after, at, after.length)) >= 0) {
      int from = at + same;
      at = from;
      while (at < after.length && before[at] != after[at]) {
        at++;
      }
      response.addMemory(
          VirtqueueChange.newBuilder()
              .setIova(entry.start + from)
              .setHex(ByteString.copyFrom(after, from, at - from)));
    }
  }

  private static void sectors(
      PhysicalMemory before, VirtioBlock block, RunVirtqueuesResponse.Builder response) {
    byte[] was = new byte[PAGE_SIZE];
    block
        .disk()
        .visitWritten(
            (address, is) -> {
              before.read(address, was, 0, PAGE_SIZE);
              for (int at = 0; at < PAGE_SIZE; at += SECTOR) {
                if (!Arrays.equals(was, at, at + SECTOR, is, at, at + SECTOR)) {
                  response.addDisk(
                      VirtqueueSector.newBuilder()
                          .setSector((address + at) / SECTOR)
                          .setHex(ByteString.copyFrom(is, at, SECTOR)));
                }
              }
            });
  }
}
