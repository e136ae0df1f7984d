package io.virtrig.emulator.kernel.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.Rig;
import io.virtrig.v1.*;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Interrupt offloading beyond the shared cases: shared vectors, failing connects, time. */
class VdpaInterruptTest {

  private static HostSpec host(boolean posting, int vectors) {
    return HostSpec.newBuilder()
        .setIommu(IommuSpec.newBuilder().setInterruptRemapping(true).setPostedInterrupts(posting))
        .addDevices(VdpaRig.device("vdpa0", "ifcvf", "net").setMsixVectors(vectors))
        .build();
  }

  /** A VM whose GSI 24 is joined with the eventfd. */
  private static int vm(Rig rig, int eventfd) {
    int kvm = rig.open("/dev/kvm");
    int vm =
        (int)
            rig.ok(
                    Operation.newBuilder()
                        .setKvmCreateVm(KvmCreateVmRequest.newBuilder().setTargetFd(kvm)))
                .getKvmCreateVm()
                .getRet();
    rig.ok(
        Operation.newBuilder()
            .setKvmCreateIrqchip(KvmCreateIrqchipRequest.newBuilder().setTargetFd(vm)));
    int vcpu =
        (int)
            rig.ok(
                    Operation.newBuilder()
                        .setKvmCreateVcpu(KvmCreateVcpuRequest.newBuilder().setTargetFd(vm)))
                .getKvmCreateVcpu()
                .getRet();
    rig.ok(
        Operation.newBuilder()
            .setKvmSetLapic(
                KvmSetLapicRequest.newBuilder().setTargetFd(vcpu).putRegs(0xf0, 0x1ff)));
    rig.ok(
        Operation.newBuilder()
            .setKvmSetGsiRouting(
                KvmSetGsiRoutingRequest.newBuilder()
                    .setTargetFd(vm)
                    .addEntries(
                        KvmIrqRoutingEntry.newBuilder()
                            .setGsi(24)
                            .setType(2)
                            .setMsi(
                                KvmIrqRoutingMsi.newBuilder()
                                    .setAddressLo(0xfee00000)
                                    .setData(65)))));
    rig.ok(
        Operation.newBuilder()
            .setKvmIrqfd(KvmIrqfdRequest.newBuilder().setTargetFd(vm).setFd(eventfd).setGsi(24)));
    return vm;
  }

  private static long now(Rig rig) {
    return rig.ok(Operation.newBuilder().setHostTime(HostTimeRequest.getDefaultInstance()))
        .getHostTime()
        .getNowNs();
  }

  @ParameterizedTest
  @CsvSource({"true, 1000", "false, 51000"})
  void anInterruptTakesTheTimeOfItsPath(boolean posting, long nanoseconds) {
    try (VdpaRig vdpa = new VdpaRig(host(posting, 3), 0)) {
      int call = vdpa.rig.eventfd(0);
      vm(vdpa.rig, call);
      vdpa.rig.ok(vdpa.call(0, call));
      vdpa.rig.ok(vdpa.status(VdpaRig.DRIVER_OK));
      vdpa.rig.ok(VdpaRig.raise("vdpa0", 0, 0));
      assertThat(now(vdpa.rig)).isEqualTo(nanoseconds);
    }
  }

  @Test
  void aConnectThatFailsLeavesTheEventfdPath() {
    try (VdpaRig vdpa = new VdpaRig(host(true, 3), 0)) {
      int call = vdpa.rig.eventfd(0);
      int vm = vm(vdpa.rig, call);
      vdpa.rig.ok(
          Operation.newBuilder()
              .setHwFail(
                  HwFailRequest.newBuilder()
                      .setDevice("vdpa0")
                      .setKind("irqbypass-connect")
                      .setCount(1)));
      vdpa.rig.ok(vdpa.call(0, call));
      vdpa.rig.ok(vdpa.status(VdpaRig.DRIVER_OK));
      vdpa.rig.ok(VdpaRig.raise("vdpa0", 0, 0));
      GuestIrqsResponse irqs =
          vdpa.rig
              .ok(
                  Operation.newBuilder()
                      .setGuestIrqs(GuestIrqsRequest.newBuilder().setTargetFd(vm)))
              .getGuestIrqs();
      assertThat(irqs.getInjectedMap()).containsEntry(24, 1L);
      assertThat(irqs.getPostedMap()).isEmpty();
    }
  }

  @Test
  void aSingleVectorIsTheConfigurationsToo() {
    try (VdpaRig vdpa = new VdpaRig(host(true, 1), 0)) {
      int call = vdpa.rig.eventfd(0);
      int config = vdpa.rig.eventfd(0);
      vdpa.rig.ok(vdpa.call(1, call));
      vdpa.rig.ok(vdpa.configCall(config));
      vdpa.rig.ok(vdpa.status(VdpaRig.DRIVER_OK));
      vdpa.rig.ok(VdpaRig.raise("vdpa0", 1, 0));
      assertThat(vdpa.rig.read(call)).isEqualTo(1);
      assertThat(vdpa.rig.read(config)).isEqualTo(1);
      vdpa.rig.ok(VdpaRig.raise("vdpa0", 0, 0));
      assertThat(vdpa.rig.read(call)).isEqualTo(1);
      assertThat(vdpa.rig.read(config)).isZero();
    }
  }

  @Test
  void anInterruptOrAFaultThatTheDeviceHasNotIsRefused() {
    try (VdpaRig vdpa = new VdpaRig(host(true, 3), 0)) {
      assertThat(vdpa.rig.refusal(VdpaRig.raise("vdpa0", 2, 0)).getField()).isEqualTo("index");
      assertThat(vdpa.rig.refusal(VdpaRig.raise("vdpa0", 0, 2)).getField()).isEqualTo("subindex");
      assertThat(
              vdpa.rig
                  .refusal(
                      Operation.newBuilder()
                          .setHwFail(HwFailRequest.newBuilder().setDevice("vdpa0").setKind("gone")))
                  .getField())
          .isEqualTo("kind");
    }
  }
}
