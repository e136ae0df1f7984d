package io.virtrig.bench;

import static io.virtrig.uapi.Kvm.KVM_MEM_LOG_DIRTY_PAGES;

import com.google.protobuf.ByteString;
import io.virtrig.v1.GuestReadRequest;
import io.virtrig.v1.GuestWriteRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.KvmGetDirtyLogRequest;
import io.virtrig.v1.KvmSetUserMemoryRegionRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import java.util.SplittableRandom;
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

/** KVM memory slots in the core, beside others. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 8, time = 1)
@Measurement(iterations = 5, time = 1)
public class MemorySlotBenchmark {
  private static final long PAGE = 4096;
  private static final long LARGE = 64L << 30;

  /** Above all others. */
  private static final int SLOT = 32_700;

  private static final long GPA = 1L << 40;

  /** Slots that are there already, a page each. */
  @Param({"10", "32000"})
  public int others;

  private BenchHost host = new BenchHost(HostSpec.getDefaultInstance());
  private Operation create = Operation.getDefaultInstance();
  private Operation delete = Operation.getDefaultInstance();
  private Operation logOn = Operation.getDefaultInstance();
  private Operation logOff = Operation.getDefaultInstance();
  private final Operation[] reads = new Operation[1024];
  private int next;
  private Operation writeLarge = Operation.getDefaultInstance();
  private Operation getLog = Operation.getDefaultInstance();

  /** A VM with so many slots, one that changes, and one of 64 GiB that is logged. */
  @Setup
  public void open() {
    host = new BenchHost(HostSpec.getDefaultInstance());
    int vm = host.createVm();
    host.createVcpu(vm);
    long memory = host.mmap(PAGE);
    for (int slot = 0; slot < others; slot++) {
      host.ok(region(vm, slot, 0, 2 * PAGE * slot, PAGE, memory));
    }
    host.ok(region(vm, SLOT + 1, KVM_MEM_LOG_DIRTY_PAGES, 2 * GPA, LARGE, host.mmap(LARGE)));
    host.ok(region(vm, SLOT + 2, 0, 4 * GPA, PAGE, memory));
    create = region(vm, SLOT, 0, GPA, PAGE, memory);
    delete = region(vm, SLOT, 0, GPA, 0, memory);
    logOn = region(vm, SLOT + 2, KVM_MEM_LOG_DIRTY_PAGES, 4 * GPA, PAGE, memory);
    logOff = region(vm, SLOT + 2, 0, 4 * GPA, PAGE, memory);
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < reads.length; i++) {
      reads[i] =
          Operation.newBuilder()
              .setGuestRead(
                  GuestReadRequest.newBuilder()
                      .setTargetFd(vm)
                      .setGpa(2 * PAGE * random.nextInt(others))
                      .setLength(8))
              .build();
      host.ok(reads[i]);
    }
    writeLarge =
        Operation.newBuilder()
            .setGuestWrite(
                GuestWriteRequest.newBuilder()
                    .setTargetFd(vm)
                    .setGpa(2 * GPA + LARGE / 2)
                    .setBytes(ByteString.copyFromUtf8("8 bytes.")))
            .build();
    getLog =
        Operation.newBuilder()
            .setKvmGetDirtyLog(KvmGetDirtyLogRequest.newBuilder().setTargetFd(vm).setSlot(SLOT + 1))
            .build();
    for (Operation each : new Operation[] {create, delete, logOn, logOff, writeLarge, getLog}) {
      host.ok(each);
    }
  }

  private static Operation region(int vm, int slot, int flags, long gpa, long size, long memory) {
    return Operation.newBuilder()
        .setKvmSetUserMemoryRegion(
            KvmSetUserMemoryRegionRequest.newBuilder()
                .setTargetFd(vm)
                .setSlot(slot)
                .setFlags(flags)
                .setGuestPhysAddr(gpa)
                .setMemorySize(size)
                .setUserspaceAddr(memory))
        .build();
  }

  /** Creates a slot and deletes it. */
  @Benchmark
  public Result createAndDelete() {
    host.apply(create);
    return host.apply(delete);
  }

  /** Switches logging on and off. */
  @Benchmark
  public Result flagsOnAndOff() {
    host.apply(logOn);
    return host.apply(logOff);
  }

  /** A vCPU reads 8 bytes, each time in a slot of no foreseeable place. */
  @Benchmark
  public Result guestRead() {
    return host.apply(reads[next++ & (reads.length - 1)]);
  }

  /** A vCPU writes one page of 64 GiB, and the log of all of it is read. */
  @Benchmark
  public Result writeAndGetDirtyLogOf64GiB() {
    host.apply(writeLarge);
    return host.apply(getLog);
  }
}
