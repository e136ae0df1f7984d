package io.virtrig.bench;

import com.google.protobuf.ByteString;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.StoreRequest;
import io.virtrig.v1.VhostIotlbMsg;
import io.virtrig.v1.VhostSetFeaturesRequest;
import io.virtrig.v1.VhostSetOwnerRequest;
import io.virtrig.v1.VhostSetVringAddrRequest;
import io.virtrig.v1.VhostSetVringKickRequest;
import io.virtrig.v1.VhostSetVringNumRequest;
import io.virtrig.v1.VhostVdpaSetStatusRequest;
import io.virtrig.v1.VhostVdpaSetVringEnableRequest;
import io.virtrig.v1.WriteRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Requests a second through a virtqueue of a vDPA device in the core: packets of 64 bytes that come
 * back, and reads of 4 KiB from the RAM disk. A whole ring of them is made available and kicked.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 6, time = 1)
@Measurement(iterations = 5, time = 1)
public class VirtqueueBenchmark {
  private static final int RING = 256;
  private static final int BLOCK_PARTS = 4;
  private static final int BLOCK_REQUESTS = RING / BLOCK_PARTS;
  private static final int MEMORY = 1 << 20;
  private static final int QUEUE_BYTES = 0x4000;
  private static final int AVAIL = 0x1000;
  private static final int USED = 0x2000;
  private static final int DATA = 0x10000;
  private static final int SLOT = 0x2000;

  /** Which layout the rings have. */
  @Param({"split", "packed"})
  public String ring = "split";

  private BenchHost host = new BenchHost(HostSpec.getDefaultInstance());
  private Operation netKick = Operation.getDefaultInstance();
  private Operation blockKick = Operation.getDefaultInstance();
  private Operation[][] net = new Operation[0][0];
  private Operation[][] block = new Operation[0][0];
  private int netRound;
  private int blockRound;

  /** Two devices, their rings laid out. */
  @Setup
  public void open() {
    DeviceSpec.Builder device = DeviceSpec.newBuilder().setKind("vdpa").setModel("vp_vdpa");
    host =
        new BenchHost(
            HostSpec.newBuilder()
                .addDevices(device.clone().setName("net").setClass_("net"))
                .addDevices(device.clone().setName("blk").setClass_("blk"))
                .build());
    boolean packed = ring.equals("packed");
    int[] fd = new int[2];
    long[] memory = new long[2];
    for (int i = 0; i < 2; i++) {
      fd[i] = host.open("/dev/vhost-vdpa-" + i);
      memory[i] = host.mmap(MEMORY);
      own(fd[i], memory[i], packed);
    }
    queue(fd[0], 0);
    netKick = queue(fd[0], 1);
    blockKick = queue(fd[1], 0);
    for (int i = 0; i < 2; i++) {
      status(fd[i], 0x0f);
    }
    fillNet(memory[0], packed);
    fillBlock(memory[1], packed);
  }

  private void own(int fd, long memory, boolean packed) {
    host.ok(op(o -> o.setVhostSetOwner(VhostSetOwnerRequest.newBuilder().setTargetFd(fd))));
    long features = 3L << 32 | (packed ? 1L << 34 : 0);
    host.ok(
        op(
            o ->
                o.setVhostSetFeatures(
                    VhostSetFeaturesRequest.newBuilder().setTargetFd(fd).setFeatures(features))));
    status(fd, 0x0b);
    VhostIotlbMsg.Builder map =
        VhostIotlbMsg.newBuilder().setSize(MEMORY).setUaddr(memory).setPerm(3).setType(2);
    host.ok(op(o -> o.setWrite(WriteRequest.newBuilder().setTargetFd(fd).setIotlb(map))));
  }

  private void status(int fd, int status) {
    host.ok(
        op(
            o ->
                o.setVhostVdpaSetStatus(
                    VhostVdpaSetStatusRequest.newBuilder().setTargetFd(fd).setStatus(status))));
  }

  private static Operation op(java.util.function.Consumer<Operation.Builder> fill) {
    Operation.Builder builder = Operation.newBuilder();
    fill.accept(builder);
    return builder.build();
  }

  /** Sets a queue up; how it is kicked. */
  private Operation queue(int fd, int index) {
    long at = (long) index * QUEUE_BYTES;
    int kick = host.eventfd();
    host.ok(
        op(
            o ->
                o.setVhostSetVringNum(
                    VhostSetVringNumRequest.newBuilder()
                        .setTargetFd(fd)
                        .setIndex(index)
                        .setNum(RING))));
    host.ok(
        op(
            o ->
                o.setVhostSetVringAddr(
                    VhostSetVringAddrRequest.newBuilder()
                        .setTargetFd(fd)
                        .setIndex(index)
                        .setDescUserAddr(at)
                        .setAvailUserAddr(at + AVAIL)
                        .setUsedUserAddr(at + USED))));
    host.ok(
        op(
            o ->
                o.setVhostSetVringKick(
                    VhostSetVringKickRequest.newBuilder()
                        .setTargetFd(fd)
                        .setIndex(index)
                        .setFd(kick))));
    host.ok(
        op(
            o ->
                o.setVhostVdpaSetVringEnable(
                    VhostVdpaSetVringEnableRequest.newBuilder()
                        .setTargetFd(fd)
                        .setIndex(index)
                        .setNum(1))));
    return op(o -> o.setWrite(WriteRequest.newBuilder().setTargetFd(kick).setValue(1)));
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static Operation store(long at, ByteBuffer bytes) {
    return op(
        o ->
            o.setStore(
                StoreRequest.newBuilder()
                    .setAddr(at)
                    .setBytes(ByteString.copyFrom(bytes.clear()))));
  }

  private void fillNet(long memory, boolean packed) {
    ByteBuffer packet = buffer(64);
    packet.put(12, (byte) 0xff);
    host.ok(store(memory + DATA, packet));
    Part[] receive = {new Part(DATA + 0x1000, 128, 2)};
    Part[] transmit = {new Part(DATA, 64, 0)};
    net = rounds(packed, memory, RING, receive, transmit);
  }

  private void fillBlock(long memory, boolean packed) {
    host.ok(store(memory + DATA, buffer(16)));
    Part[] parts = {
      new Part(DATA, 16, 1),
      new Part(DATA + 0x1000, 2048, 3),
      new Part(DATA + 0x1800, 2048, 3),
      new Part(DATA + SLOT, 1, 2)
    };
    block = rounds(packed, memory, BLOCK_REQUESTS, parts);
  }

  private record Part(long at, int length, int flags) {}

  /** What makes a whole ring available: in the even rounds, and in the odd ones. */
  private Operation[][] rounds(boolean packed, long memory, int requests, Part[]... chains) {
    Operation[][] rounds = new Operation[packed ? 2 : 65536 / requests][chains.length];
    for (int queue = 0; queue < chains.length; queue++) {
      long at = memory + (long) queue * QUEUE_BYTES;
      if (!packed) {
        host.ok(store(at, descriptors(chains[queue], 0, false)));
        ByteBuffer avail = buffer(4 + 2 * RING).putShort((short) 1).putShort((short) 0);
        for (int i = 0; i < RING; i++) {
          avail.putShort((short) (i * chains[queue].length % RING));
        }
        host.ok(store(at + AVAIL, avail));
      } else {
        host.ok(store(at + AVAIL, buffer(4).putShort((short) 0).putShort((short) 1)));
      }
      for (int round = 0; round < rounds.length; round++) {
        rounds[round][queue] =
            packed
                ? store(at, descriptors(chains[queue], round == 0 ? 0x80 : 0x8000, true))
                : store(at + AVAIL + 2, buffer(2).putShort((short) ((round + 1) * requests)));
      }
    }
    return rounds;
  }

  private static ByteBuffer descriptors(Part[] chain, int available, boolean packed) {
    ByteBuffer table = buffer(16 * RING);
    for (int i = 0; i < RING; i++) {
      Part part = chain[i % chain.length];
      table.putLong(part.at).putInt(part.length);
      if (packed) {
        table.putShort((short) i).putShort((short) (part.flags | available));
      } else {
        table.putShort((short) part.flags).putShort((short) (i + 1));
      }
    }
    return table;
  }

  /** Packets of 64 bytes, header included, that come back. */
  @Benchmark
  @OperationsPerInvocation(RING)
  public Result netLoopback() {
    Operation[] round = net[netRound++ % net.length];
    host.apply(round[0]);
    host.apply(round[1]);
    return host.apply(netKick);
  }

  /** Reads of 4 KiB in two parts. */
  @Benchmark
  @OperationsPerInvocation(BLOCK_REQUESTS)
  public Result blockRead() {
    host.apply(block[blockRound++ % block.length][0]);
    return host.apply(blockKick);
  }
}
