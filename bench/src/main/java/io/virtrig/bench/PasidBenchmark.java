package io.virtrig.bench;

import static io.virtrig.uapi.NestingSeries.IOMMU_CACHE_INV_TYPE_IOTLB;
import static io.virtrig.uapi.NestingSeries.IOMMU_INV_ADDR_FLAGS_PASID;
import static io.virtrig.uapi.NestingSeries.IOMMU_INV_GRANU_ADDR;
import static io.virtrig.uapi.UnmergedSeries.IOMMU_PASID_FORMAT_INTEL_VTD;
import static io.virtrig.uapi.UnmergedSeries.VFIO_IOMMU_FLAG_ALLOC_PASID;
import static io.virtrig.uapi.UnmergedSeries.VFIO_IOMMU_FLAG_FREE_PASID;
import static io.virtrig.uapi.UnmergedSeries.VFIO_IOMMU_NESTING_OP_BIND_PGTBL;
import static io.virtrig.uapi.UnmergedSeries.VFIO_IOMMU_NESTING_OP_CACHE_INVLD;
import static io.virtrig.uapi.UnmergedSeries.VFIO_IOMMU_NESTING_OP_UNBIND_PGTBL;
import static io.virtrig.uapi.Vfio.VFIO_TYPE1_NESTING_IOMMU;

import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.IommuInvAddrInfo;
import io.virtrig.v1.IommuInvalidateGranule;
import io.virtrig.v1.IommuNestingData;
import io.virtrig.v1.IommuSpec;
import io.virtrig.v1.KernelSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.PasidRange;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioGroupSetContainerRequest;
import io.virtrig.v1.VfioIommuNestingOpRequest;
import io.virtrig.v1.VfioIommuPasidRequestRequest;
import io.virtrig.v1.VfioSetIommuRequest;
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
 * PASIDs of a process in the core: one more and one fewer, bound and unbound, invalidated, beside
 * others. The holes among a million make the search for the lowest free number work.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 8, time = 1)
@Measurement(iterations = 5, time = 1)
public class PasidBenchmark {
  private static final int FREED = 1000;

  /** PASIDs that are allocated already; a thousand of them were freed at random. */
  @Param({"10", "1000000"})
  public int others;

  private BenchHost host = new BenchHost(HostSpec.getDefaultInstance());
  private Operation allocate = Operation.getDefaultInstance();
  private Operation free = Operation.getDefaultInstance();
  private Operation bind = Operation.getDefaultInstance();
  private Operation unbind = Operation.getDefaultInstance();
  private Operation invalidate = Operation.getDefaultInstance();

  /** A nesting container of a process that holds so many PASIDs. */
  @Setup
  public void open() {
    host =
        new BenchHost(
            HostSpec.newBuilder()
                .setKernel(KernelSpec.newBuilder().setUapi("vsva-v7").setPasidQuota(1_010_000))
                .setIommu(IommuSpec.newBuilder().setNesting(true))
                .addDevices(
                    DeviceSpec.newBuilder().setBdf("0000:00:02.0").setGroup(1).setPasid(true))
                .build());
    int container = host.open("/dev/vfio/vfio");
    int group = host.open("/dev/vfio/1");
    host.ok(
        Operation.newBuilder()
            .setVfioGroupSetContainer(
                VfioGroupSetContainerRequest.newBuilder().setTargetFd(group).setValue(container))
            .build());
    host.ok(
        Operation.newBuilder()
            .setVfioSetIommu(
                VfioSetIommuRequest.newBuilder()
                    .setTargetFd(container)
                    .setValue(VFIO_TYPE1_NESTING_IOMMU))
            .build());
    Operation any = request(container, VFIO_IOMMU_FLAG_ALLOC_PASID, 1, 0xfffff);
    for (int i = 0; i < others; i++) {
      host.ok(any);
    }
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < FREED && others > FREED; i++) {
      int hole = 2 + random.nextInt(others - 2);
      host.ok(request(container, VFIO_IOMMU_FLAG_FREE_PASID, hole, hole));
    }
    allocate = request(container, VFIO_IOMMU_FLAG_ALLOC_PASID, 0xffff0, 0xfffff);
    free = request(container, VFIO_IOMMU_FLAG_FREE_PASID, 0xffff0, 0xffff0);
    IommuNestingData data =
        IommuNestingData.newBuilder()
            .setVersion(1)
            .setFormat(IOMMU_PASID_FORMAT_INTEL_VTD)
            .setAddrWidth(48)
            .setHpasid(1)
            .build();
    bind = nesting(container, VFIO_IOMMU_NESTING_OP_BIND_PGTBL, data);
    unbind = nesting(container, VFIO_IOMMU_NESTING_OP_UNBIND_PGTBL, data);
    invalidate =
        nesting(
            container,
            VFIO_IOMMU_NESTING_OP_CACHE_INVLD,
            IommuNestingData.newBuilder()
                .setVersion(1)
                .setCache(IOMMU_CACHE_INV_TYPE_IOTLB)
                .setGranularity(IOMMU_INV_GRANU_ADDR)
                .setGranu(
                    IommuInvalidateGranule.newBuilder()
                        .setAddrInfo(
                            IommuInvAddrInfo.newBuilder()
                                .setFlags(IOMMU_INV_ADDR_FLAGS_PASID)
                                .setPasid(1)
                                .setGranuleSize(4096)
                                .setNbGranules(1)))
                .build());
    host.ok(allocate);
    host.ok(free);
    host.ok(bind);
    host.ok(unbind);
  }

  private static Operation request(int container, int flags, int min, int max) {
    return Operation.newBuilder()
        .setVfioIommuPasidRequest(
            VfioIommuPasidRequestRequest.newBuilder()
                .setTargetFd(container)
                .setFlags(flags)
                .setRange(PasidRange.newBuilder().setMin(min).setMax(max)))
        .build();
  }

  private static Operation nesting(int container, int operation, IommuNestingData data) {
    return Operation.newBuilder()
        .setVfioIommuNestingOp(
            VfioIommuNestingOpRequest.newBuilder()
                .setTargetFd(container)
                .setFlags(operation)
                .setData(data))
        .build();
  }

  /** Allocates a PASID and frees it. */
  @Benchmark
  public Result allocateAndFree() {
    host.apply(allocate);
    return host.apply(free);
  }

  /** Binds a page table and unbinds it. */
  @Benchmark
  public Result bindAndUnbind() {
    host.apply(bind);
    return host.apply(unbind);
  }

  /** Binds, invalidates a page, unbinds. */
  @Benchmark
  public Result bindInvalidateAndUnbind() {
    host.apply(bind);
    host.apply(invalidate);
    return host.apply(unbind);
  }
}
