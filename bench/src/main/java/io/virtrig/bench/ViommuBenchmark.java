package io.virtrig.bench;

import com.google.protobuf.ByteString;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.GuestWriteRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.HwDmaReadRequest;
import io.virtrig.v1.IommuSpec;
import io.virtrig.v1.KernelSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.VmmDevice;
import io.virtrig.v1.VmmMmioWriteRequest;
import io.virtrig.v1.VmmStartRequest;
import io.virtrig.v1.VmmViommu;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A guest's virtual IOMMU in the core: a register written, an invalidation through the queue down
 * to the host's, a table entry that changes, and the device's reads through both stages. PASIDs
 * beside the one at work fill the cache.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 8, time = 1)
@Measurement(iterations = 5, time = 1)
public class ViommuBenchmark {
  private static final long ROOT = 0x10000;
  private static final long CONTEXT = 0x11000;
  private static final long DIRECTORY = 0x12000;
  private static final long TABLES = 0x100000;
  private static final long QUEUE = 0x20000;
  private static final int SLOTS = 128;
  private static final int DESCRIPTOR = 32;
  private static final int PASIDS_A_TABLE = 64;
  private static final long TOP_TABLE = 0x1000;
  private static final long OTHER_TOP_TABLE = 0x6000;
  private static final long ADDRESS = 0x7f1234567000L;
  private static final int DOMAIN = 3;
  private static final int IQT = 0x88;
  private static final int FEADDR = 0x40;

  /** Bound beside it. */
  @Param({"1", "4096"})
  public int pasids;

  private BenchHost host = new BenchHost(HostSpec.getDefaultInstance());
  private int vm;
  private int last;
  private int next;
  private boolean other;
  private Operation register = Operation.getDefaultInstance();
  private Operation read = Operation.getDefaultInstance();
  private final Operation[] pages = new Operation[SLOTS];
  private final Operation[] pasidEntries = new Operation[SLOTS];
  private final Operation[] tails = new Operation[SLOTS];
  private final Operation[] entries = new Operation[2];

  /** A guest whose driver has bound so many tables. */
  @Setup
  public void boot() {
    host =
        new BenchHost(
            HostSpec.newBuilder()
                .setKernel(KernelSpec.newBuilder().setUapi("vsva-v6").setPasidQuota(10_000))
                .setIommu(IommuSpec.newBuilder().setNesting(true).setEcapReg(0x19ca4000000L))
                .addDevices(
                    DeviceSpec.newBuilder()
                        .setName("nic0")
                        .setBdf("0000:00:02.0")
                        .setGroup(1)
                        .setPasid(true))
                .build());
    VmmStartRequest.Builder start =
        VmmStartRequest.newBuilder()
            .setModel("qemu-vsva-rfcv9")
            .setRam(16 << 20)
            .setViommu(VmmViommu.newBuilder().setCachingMode(true).setXScalableMode("modern"))
            .addDevices(VmmDevice.newBuilder().setHost("nic0").setGuestBdf("00:02.0"));
    vm = host.ok(Operation.newBuilder().setVmmStart(start).build()).getVmmStart().getFd();
    store(ROOT, CONTEXT | 1, 0);
    store(CONTEXT + 0x10 * DESCRIPTOR, DIRECTORY | 9, 0, 0, 0);
    int tables = pasids / PASIDS_A_TABLE + 1;
    for (int i = 0; i < tables; i++) {
      store(DIRECTORY + (long) i * Long.BYTES, TABLES + i * 4096L | 1);
    }
    store(TABLES, 0x109, 1, 0, 0, 0, 0, 0, 0);
    store(TOP_TABLE + 0x7f0, 0x2027);
    store(OTHER_TOP_TABLE + 0x7f0, 0x2027);
    store(0x2240, 0x3027);
    store(0x3d10, 0x4027);
    store(0x4b38, 0x5067);
    write(0x20, ROOT | 0x400);
    write(0x18, 0x40000000L);
    write(0x90, QUEUE | 0x800);
    write(0x18, 0x4000000L);
    write(0x18, 0x84000000L);
    for (int i = 0; i < pasids; i++) {
      write(0xe10, 1);
      last = i + 1;
      store(entry(last), 0x49, DOMAIN, TOP_TABLE, 0, 0, 0, 0, 0);
    }
    store(QUEUE, 0x37, 0, 0, 0);
    write(IQT, DESCRIPTOR);
    next = 1;
    prepare();
    host.ok(read);
  }

  private static long entry(int pasid) {
    return TABLES + pasid * 64L;
  }

  private void prepare() {
    register = mmio(FEADDR, 0xfee00000L);
    read =
        Operation.newBuilder()
            .setHwDmaRead(
                HwDmaReadRequest.newBuilder()
                    .setDevice("nic0")
                    .setPasid(last)
                    .setIova(ADDRESS)
                    .setLength(64))
            .build();
    long which = (long) DOMAIN << 16 | (long) last << 32;
    for (int slot = 0; slot < SLOTS; slot++) {
      long at = QUEUE + slot * (long) DESCRIPTOR;
      pages[slot] = guestWrite(at, 0x36 | which, ADDRESS, 0, 0);
      pasidEntries[slot] = guestWrite(at, 0x17 | which, 0, 0, 0);
      tails[slot] = mmio(IQT, (slot + 1) % SLOTS * (long) DESCRIPTOR);
    }
    entries[0] = guestWrite(entry(last), 0x49, DOMAIN, TOP_TABLE, 0, 0, 0, 0, 0);
    entries[1] = guestWrite(entry(last), 0x49, DOMAIN, OTHER_TOP_TABLE, 0, 0, 0, 0, 0);
  }

  private void store(long gpa, long... words) {
    host.ok(guestWrite(gpa, words));
  }

  private Operation guestWrite(long gpa, long... words) {
    ByteBuffer bytes =
        ByteBuffer.allocate(words.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (long word : words) {
      bytes.putLong(word);
    }
    return Operation.newBuilder()
        .setGuestWrite(
            GuestWriteRequest.newBuilder()
                .setTargetFd(vm)
                .setGpa(gpa)
                .setBytes(ByteString.copyFrom(bytes.array())))
        .build();
  }

  private void write(int offset, long value) {
    host.ok(mmio(offset, value));
  }

  private Operation mmio(int offset, long value) {
    return Operation.newBuilder()
        .setVmmMmioWrite(
            VmmMmioWriteRequest.newBuilder()
                .setTargetFd(vm)
                .setOffset(offset)
                .setSize(offset == 0x18 || offset == FEADDR ? 4 : 8)
                .setValue(value))
        .build();
  }

  /** A register that nothing follows from. */
  @Benchmark
  public Result registerWrite() {
    return host.ok(register);
  }

  /** A page flushed: the descriptor, the tail, VFIO_IOMMU_NESTING_OP. */
  @Benchmark
  public Result invalidatePage() {
    return submit(pages);
  }

  /** A PASID-table entry that has changed: the same down to a new bind. */
  @Benchmark
  public Result rebind() {
    other = !other;
    host.ok(entries[other ? 1 : 0]);
    return submit(pasidEntries);
  }

  private Result submit(Operation[] descriptors) {
    host.ok(descriptors[next]);
    Result result = host.ok(tails[next]);
    next = (next + 1) % SLOTS;
    return result;
  }

  /** The device reads through both stages. */
  @Benchmark
  public Result dmaRead() {
    return host.ok(read);
  }

  /** And what it had been given is no longer in the IOTLB. */
  @Benchmark
  public Result dmaReadAfterInvalidation() {
    submit(pages);
    return host.ok(read);
  }
}
