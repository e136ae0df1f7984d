package io.virtrig.bench;

import com.google.protobuf.ByteString;
import io.virtrig.daemon.hosts.HostRegistry;
import io.virtrig.daemon.hosts.HostedHost;
import io.virtrig.emulator.event.EventListener;
import io.virtrig.emulator.hardware.pci.DeviceModels;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.KvmCreateIrqchipRequest;
import io.virtrig.v1.KvmSetUserMemoryRegionRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.StoreRequest;
import io.virtrig.v1.VfioGroupGetDeviceFdRequest;
import io.virtrig.v1.VfioIommuMapDmaRequest;
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
 * Cloning a host with four devices, a container, a VM, and memory every page of which is written.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xmx3g", "-XX:+UseG1GC", "--sun-misc-unsafe-memory-access=allow"})
@Warmup(iterations = 8, time = 1)
@Measurement(iterations = 5, time = 1)
public class CloneBenchmark {
  private static final int DEVICES = 4;
  private static final long MIB = 1L << 20;

  @Param({"1", "1024"})
  public long touchedMib;

  private final HostRegistry hosts = new HostRegistry(2, DeviceModels.NONE, EventListener.NONE);

  /** Makes the host. */
  @Setup
  public void fill() {
    HostSpec.Builder spec = HostSpec.newBuilder();
    for (int i = 1; i <= DEVICES; i++) {
      spec.addDevices(
          DeviceSpec.newBuilder()
              .setName("nic" + i)
              .setBdf("0000:00:0" + i + ".0")
              .setGroup(i)
              .setMsix(8));
    }
    HostedHost original = hosts.create("original", spec.build(), "");
    BenchHost host = new BenchHost(original::execute);
    long memory = host.mmap(touchedMib * MIB);
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
                    .setFlags(3)
                    .setVaddr(memory)
                    .setSize(touchedMib * MIB))
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
                    .setMemorySize(touchedMib * MIB)
                    .setUserspaceAddr(memory))
            .build());
  }

  /** A clone, and its end. */
  @Benchmark
  public HostedHost cloneAndDelete() {
    HostedHost clone = hosts.clone("original", "clone", "");
    hosts.delete("clone");
    return clone;
  }
}
