package io.virtrig.bench;

import static io.virtrig.uapi.Vfio.VFIO_DMA_MAP_FLAG_READ;
import static io.virtrig.uapi.Vfio.VFIO_DMA_MAP_FLAG_WRITE;

import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.KernelSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioIommuMapDmaRequest;
import io.virtrig.v1.VfioIommuUnmapDmaRequest;
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

/**
 * VFIO_IOMMU_MAP_DMA and the UNMAP_DMA that undoes it, in the core, beside other mappings. The
 * floor is {@link #floor}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 8, time = 1)
@Measurement(iterations = 5, time = 1)
public class MapDmaBenchmark {
  private static final long PAGE = 4096;

  /** Mapped and unmapped each time: above all the others. */
  private static final long IOVA = 1L << 44;

  /** Bytes mapped and unmapped. */
  @Param({"4096", "1073741824", "1099511627776"})
  public long size;

  /** Mappings that are there already. */
  @Param({"10", "65000"})
  public int others;

  private BenchHost host = new BenchHost(HostSpec.getDefaultInstance());
  private Operation map = Operation.getDefaultInstance();
  private Operation unmap = Operation.getDefaultInstance();
  private Operation nothing = Operation.getDefaultInstance();

  /** A container with so many mappings. */
  @Setup
  public void open() {
    host =
        new BenchHost(
            HostSpec.newBuilder()
                .setKernel(KernelSpec.newBuilder().setDmaEntryLimit(100_000))
                .addDevices(DeviceSpec.newBuilder().setBdf("0000:00:02.0").setGroup(1))
                .build());
    int container = host.openVfio(1).container();
    long page = host.mmap(PAGE);
    SplittableRandom random = new SplittableRandom(1);
    for (int mapped = 0; mapped < others; ) {
      long iova = (1L << 32) + random.nextLong(1L << 30) * PAGE;
      if (!host.apply(map(container, iova, page, PAGE)).hasErrno()) {
        mapped++;
      }
    }
    map = map(container, IOVA, host.mmap(size), size);
    unmap =
        Operation.newBuilder()
            .setVfioIommuUnmapDma(
                VfioIommuUnmapDmaRequest.newBuilder()
                    .setTargetFd(container)
                    .setIova(IOVA)
                    .setSize(size))
            .build();
    host.ok(map);
    host.ok(unmap);
  }

  private static Operation map(int container, long iova, long vaddr, long size) {
    return Operation.newBuilder()
        .setVfioIommuMapDma(
            VfioIommuMapDmaRequest.newBuilder()
                .setTargetFd(container)
                .setFlags(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)
                .setIova(iova)
                .setVaddr(vaddr)
                .setSize(size))
        .build();
  }

  /** Maps and unmaps. */
  @Benchmark
  public Result mapAndUnmap() {
    host.apply(map);
    return host.apply(unmap);
  }

  /** Two operations that do nothing: what dispatch and a refusal cost. */
  @Benchmark
  public Result floor() {
    host.apply(nothing);
    return host.apply(nothing);
  }
}
