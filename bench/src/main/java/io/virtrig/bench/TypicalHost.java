package io.virtrig.bench;

import static io.virtrig.uapi.Vfio.VFIO_DMA_MAP_FLAG_READ;
import static io.virtrig.uapi.Vfio.VFIO_DMA_MAP_FLAG_WRITE;

import com.google.protobuf.ByteString;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.KvmCreateIrqchipRequest;
import io.virtrig.v1.KvmSetUserMemoryRegionRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.StoreRequest;
import io.virtrig.v1.VfioGroupGetDeviceFdRequest;
import io.virtrig.v1.VfioIommuMapDmaRequest;
import java.util.function.Function;

/** A host as tests have them: VT-d, four devices, one of them in use, a VM, mapped memory. */
final class TypicalHost {
  private static final int DEVICES = 4;
  private static final long MIB = 1L << 20;
  private static final long MEMORY = 1L << 30;

  static final HostSpec SPEC = spec();

  private TypicalHost() {}

  private static HostSpec spec() {
    HostSpec.Builder spec = HostSpec.newBuilder();
    for (int i = 1; i <= DEVICES; i++) {
      spec.addDevices(
          DeviceSpec.newBuilder()
              .setName("nic" + i)
              .setBdf("0000:00:0" + i + ".0")
              .setGroup(i)
              .setMsix(8));
    }
    return spec.build();
  }

  /** Sets it up, with so many MiB of its 1 GiB of memory written. */
  static void setUp(Function<Operation, Result> executor, long touchedMib) {
    BenchHost host = new BenchHost(executor);
    long memory = host.mmap(MEMORY);
    ByteString bytes = ByteString.copyFrom(new byte[(int) MIB]);
    for (long at = 0; at < touchedMib; at++) {
      host.ok(
          Operation.newBuilder()
              .setStore(StoreRequest.newBuilder().setAddr(memory + at * MIB).setBytes(bytes))
              .build());
    }
    BenchHost.Vfio vfio = host.openVfio(1);
    host.ok(
        Operation.newBuilder()
            .setVfioGroupGetDeviceFd(
                VfioGroupGetDeviceFdRequest.newBuilder()
                    .setTargetFd(vfio.group())
                    .setName("0000:00:01.0"))
            .build());
    host.ok(
        Operation.newBuilder()
            .setVfioIommuMapDma(
                VfioIommuMapDmaRequest.newBuilder()
                    .setTargetFd(vfio.container())
                    .setFlags(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)
                    .setVaddr(memory)
                    .setSize(MEMORY))
            .build());
    int vm = host.createVm();
    host.ok(
        Operation.newBuilder()
            .setKvmCreateIrqchip(KvmCreateIrqchipRequest.newBuilder().setTargetFd(vm))
            .build());
    host.ok(
        Operation.newBuilder()
            .setKvmSetUserMemoryRegion(
                KvmSetUserMemoryRegionRequest.newBuilder()
                    .setTargetFd(vm)
                    .setMemorySize(MEMORY)
                    .setUserspaceAddr(memory))
            .build());
  }
}
