package io.virtrig.bench;

import static io.virtrig.uapi.Kvm.KVM_IOEVENTFD_FLAG_DEASSIGN;
import static io.virtrig.uapi.Kvm.KVM_IRQFD_FLAG_DEASSIGN;
import static io.virtrig.uapi.Kvm.KVM_IRQ_ROUTING_MSI;
import static io.virtrig.uapi.Vfio.VFIO_IRQ_SET_ACTION_TRIGGER;
import static io.virtrig.uapi.Vfio.VFIO_IRQ_SET_DATA_EVENTFD;
import static io.virtrig.uapi.Vfio.VFIO_PCI_MSIX_IRQ_INDEX;

import com.google.protobuf.ByteString;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.HwRaiseIrqRequest;
import io.virtrig.v1.KvmCreateIrqchipRequest;
import io.virtrig.v1.KvmIoeventfdRequest;
import io.virtrig.v1.KvmIrqRoutingEntry;
import io.virtrig.v1.KvmIrqRoutingMsi;
import io.virtrig.v1.KvmIrqfdRequest;
import io.virtrig.v1.KvmSetGsiRoutingRequest;
import io.virtrig.v1.KvmSetLapicRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.PwriteRequest;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioDeviceSetIrqsRequest;
import io.virtrig.v1.VfioGroupGetDeviceFdRequest;
import io.virtrig.v1.WriteRequest;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Interrupts in the core: from a device or an eventfd to a vCPU, and setting that up. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 8, time = 1)
@Measurement(iterations = 5, time = 1)
public class InterruptBenchmark {
  private static final int ROUTES = 64;
  private static final int FIRST_GSI = 24;
  private static final int SPURIOUS_VECTOR = 0xf0;
  private static final int APIC_ENABLED = 0x1ff;
  private static final long CONFIG_COMMAND = (7L << 40) | 4;

  private final BenchHost host =
      new BenchHost(
          HostSpec.newBuilder()
              .addDevices(
                  DeviceSpec.newBuilder()
                      .setName("nic0")
                      .setBdf("0000:00:02.0")
                      .setGroup(1)
                      .setMsix(8))
              .build());
  private Operation routing = Operation.getDefaultInstance();
  private Operation assign = Operation.getDefaultInstance();
  private Operation deassign = Operation.getDefaultInstance();
  private Operation assignIo = Operation.getDefaultInstance();
  private Operation deassignIo = Operation.getDefaultInstance();
  private Operation signal = Operation.getDefaultInstance();
  private Operation raise = Operation.getDefaultInstance();
  private Operation raiseToGuest = Operation.getDefaultInstance();
  private Operation setIrqs = Operation.getDefaultInstance();
  private Operation unsetIrqs = Operation.getDefaultInstance();

  /** A VM with a vCPU that takes interrupts, and a device with eight vectors. */
  @Setup
  public void open() {
    int vm = host.createVm();
    host.ok(
        Operation.newBuilder()
            .setKvmCreateIrqchip(KvmCreateIrqchipRequest.newBuilder().setTargetFd(vm))
            .build());
    int vcpu = host.createVcpu(vm);
    host.ok(
        Operation.newBuilder()
            .setKvmSetLapic(
                KvmSetLapicRequest.newBuilder()
                    .setTargetFd(vcpu)
                    .putRegs(SPURIOUS_VECTOR, APIC_ENABLED))
            .build());
    int device = device();
    int toNobody = host.eventfd();
    int toGuest = host.eventfd();
    int assigned = host.eventfd();
    KvmSetGsiRoutingRequest.Builder table = KvmSetGsiRoutingRequest.newBuilder().setTargetFd(vm);
    for (int i = 0; i < ROUTES; i++) {
      table.addEntries(
          KvmIrqRoutingEntry.newBuilder()
              .setGsi(FIRST_GSI + i)
              .setType(KVM_IRQ_ROUTING_MSI)
              .setMsi(KvmIrqRoutingMsi.newBuilder().setAddressLo(0xfee00000).setData(0x40 + i)));
    }
    routing = Operation.newBuilder().setKvmSetGsiRouting(table).build();
    host.ok(routing);
    host.ok(irqfd(vm, toGuest, 0));
    assign = irqfd(vm, assigned, 0);
    deassign = irqfd(vm, assigned, KVM_IRQFD_FLAG_DEASSIGN);
    assignIo = ioeventfd(vm, assigned, 0);
    deassignIo = ioeventfd(vm, assigned, KVM_IOEVENTFD_FLAG_DEASSIGN);
    signal =
        Operation.newBuilder()
            .setWrite(WriteRequest.newBuilder().setTargetFd(toGuest).setValue(1))
            .build();
    host.ok(setIrqs(device, 2, toNobody, toGuest));
    setIrqs = setIrqs(device, 2, toNobody, toGuest);
    unsetIrqs = setIrqs(device, 2, -1, -1);
    raise = raise(0);
    raiseToGuest = raise(1);
    for (Operation each :
        new Operation[] {
          assign, deassign, assignIo, deassignIo, signal, unsetIrqs, setIrqs, raise, raiseToGuest
        }) {
      host.ok(each);
    }
  }

  private int device() {
    int group = host.openVfio(1).group();
    int device =
        (int)
            host.ok(
                    Operation.newBuilder()
                        .setVfioGroupGetDeviceFd(
                            VfioGroupGetDeviceFdRequest.newBuilder()
                                .setTargetFd(group)
                                .setName("nic0"))
                        .build())
                .getVfioGroupGetDeviceFd()
                .getRet();
    host.ok(
        Operation.newBuilder()
            .setPwrite(
                PwriteRequest.newBuilder()
                    .setTargetFd(device)
                    .setOffset(CONFIG_COMMAND)
                    .setBytes(ByteString.copyFrom(new byte[] {6, 0})))
            .build());
    return device;
  }

  private static Operation irqfd(int vm, int fd, int flags) {
    return Operation.newBuilder()
        .setKvmIrqfd(
            KvmIrqfdRequest.newBuilder()
                .setTargetFd(vm)
                .setFd(fd)
                .setGsi(FIRST_GSI)
                .setFlags(flags))
        .build();
  }

  private static Operation ioeventfd(int vm, int fd, int flags) {
    return Operation.newBuilder()
        .setKvmIoeventfd(
            KvmIoeventfdRequest.newBuilder()
                .setTargetFd(vm)
                .setFd(fd)
                .setAddr(0xd0000000L)
                .setLen(4)
                .setFlags(flags))
        .build();
  }

  private static Operation setIrqs(int device, int count, int first, int second) {
    return Operation.newBuilder()
        .setVfioDeviceSetIrqs(
            VfioDeviceSetIrqsRequest.newBuilder()
                .setTargetFd(device)
                .setFlags(VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER)
                .setIndex(VFIO_PCI_MSIX_IRQ_INDEX)
                .setCount(count)
                .addData(first)
                .addData(second))
        .build();
  }

  private static Operation raise(int vector) {
    return Operation.newBuilder()
        .setHwRaiseIrq(
            HwRaiseIrqRequest.newBuilder()
                .setDevice("nic0")
                .setIndex(VFIO_PCI_MSIX_IRQ_INDEX)
                .setSubindex(vector))
        .build();
  }

  /** Assigns an irqfd and deassigns it. */
  @Benchmark
  public Result irqfdAssignAndDeassign() {
    host.apply(assign);
    return host.apply(deassign);
  }

  /** Assigns an ioeventfd and deassigns it. */
  @Benchmark
  public Result ioeventfdAssignAndDeassign() {
    host.apply(assignIo);
    return host.apply(deassignIo);
  }

  /** Replaces a routing table of 64 entries. */
  @Benchmark
  public Result routingOf64() {
    return host.apply(routing);
  }

  /** An eventfd is written; its irqfd injects a message into the vCPU. */
  @Benchmark
  public Result eventfdToVcpu() {
    return host.apply(signal);
  }

  /** A device's MSI-X vector signals an eventfd that nobody waits for. */
  @Benchmark
  public Result raiseIrqToEventfd() {
    return host.apply(raise);
  }

  /** A device's MSI-X vector reaches the vCPU by eventfd and irqfd. */
  @Benchmark
  public Result raiseIrqToVcpu() {
    return host.apply(raiseToGuest);
  }

  /** Takes the triggers of two MSI-X vectors away and sets them again. */
  @Benchmark
  public Result setIrqsOffAndOn() {
    host.apply(unsetIrqs);
    return host.apply(setIrqs);
  }
}
