package io.virtrig.bench;

import static io.virtrig.uapi.Vfio.VFIO_TYPE1v2_IOMMU;

import io.virtrig.emulator.Host;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.KvmCreateVcpuRequest;
import io.virtrig.v1.KvmCreateVmRequest;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioGroupSetContainerRequest;
import io.virtrig.v1.VfioSetIommuRequest;
import java.util.function.Function;

/** A host, in the core or in a daemon, whose operations must succeed while it is prepared. */
final class BenchHost {
  private final Function<Operation, Result> host;

  /** In the core. */
  BenchHost(HostSpec spec) {
    host = new Host(spec)::apply;
  }

  /** Wherever it is. */
  BenchHost(Function<Operation, Result> host) {
    this.host = host;
  }

  /** Executes an operation whatever comes of it: what is measured. */
  Result apply(Operation operation) {
    return host.apply(operation);
  }

  /** Executes an operation that must succeed. */
  Result ok(Operation operation) {
    Result result = host.apply(operation);
    if (result.hasErrno() || result.hasRefusal()) {
      throw new IllegalStateException(result.toString());
    }
    return result;
  }

  int open(String path) {
    return (int)
        ok(Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath(path)).build())
            .getOpen()
            .getRet();
  }

  int eventfd() {
    return (int)
        ok(Operation.newBuilder().setEventfd(EventfdRequest.getDefaultInstance()).build())
            .getEventfd()
            .getRet();
  }

  long mmap(long length) {
    return ok(Operation.newBuilder().setMmap(MmapRequest.newBuilder().setLength(length)).build())
        .getMmap()
        .getRet();
  }

  /** A group's type1 v2 container, with nothing mapped. */
  record Vfio(int container, int group) {}

  Vfio openVfio(int groupNumber) {
    int container = open("/dev/vfio/vfio");
    int group = open("/dev/vfio/" + groupNumber);
    ok(
        Operation.newBuilder()
            .setVfioGroupSetContainer(
                VfioGroupSetContainerRequest.newBuilder().setTargetFd(group).setValue(container))
            .build());
    ok(
        Operation.newBuilder()
            .setVfioSetIommu(
                VfioSetIommuRequest.newBuilder()
                    .setTargetFd(container)
                    .setValue(VFIO_TYPE1v2_IOMMU))
            .build());
    return new Vfio(container, group);
  }

  int createVm() {
    int kvm = open("/dev/kvm");
    return (int)
        ok(Operation.newBuilder()
                .setKvmCreateVm(KvmCreateVmRequest.newBuilder().setTargetFd(kvm))
                .build())
            .getKvmCreateVm()
            .getRet();
  }

  int createVcpu(int vm) {
    return (int)
        ok(Operation.newBuilder()
                .setKvmCreateVcpu(KvmCreateVcpuRequest.newBuilder().setTargetFd(vm))
                .build())
            .getKvmCreateVcpu()
            .getRet();
  }
}
