package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.emulator.kernel.kvm.KvmRig.PAGE;
import static io.virtrig.emulator.kernel.kvm.KvmRig.createIrqchip;
import static io.virtrig.emulator.kernel.kvm.KvmRig.createVcpu;
import static io.virtrig.emulator.kernel.kvm.KvmRig.enableCap;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.Rig;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.KvmCreateDeviceRequest;
import io.virtrig.v1.KvmCreateVmRequest;
import io.virtrig.v1.KvmSetDeviceAttrRequest;
import io.virtrig.v1.LoadRequest;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Refusal;
import org.junit.jupiter.api.Test;

/** The files of KVM: how they come, what they answer, and what holds them. */
class KvmFilesTest {
  private static final int MANUAL_DIRTY_LOG_PROTECT2 = 168;
  private static final int SPLIT_IRQCHIP = 121;
  private static final int X2APIC_API = 129;
  private static final int HALT_POLL = 182;

  @Test
  void onAarch64TheSimulatorRefusesAndNotTheKernel() {
    try (Rig rig = new Rig(HostSpec.newBuilder().setArch("aarch64").build())) {
      Refusal refusal =
          rig.refusal(Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath("/dev/kvm")));
      assertThat(refusal.getCode()).isEqualTo(Refusal.Code.CODE_UNIMPLEMENTED);
    }
  }

  @Test
  void aVcpuIdCountsIn32Bits() {
    try (KvmRig kvm = new KvmRig()) {
      kvm.rig.ok(createVcpu(kvm.vm, 1L << 32));
      assertThat(kvm.rig.errno(createVcpu(kvm.vm, 0))).isEqualTo("EEXIST");
      assertThat(kvm.rig.errno(createVcpu(kvm.vm, 0xffffffffL))).isEqualTo("EINVAL");
    }
  }

  @Test
  void irqchipsExcludeEachOtherBeforeVcpusAreLookedAt() {
    try (KvmRig kvm = new KvmRig()) {
      kvm.vcpu(0);
      assertThat(kvm.rig.errno(createIrqchip(kvm.vm))).isEqualTo("EINVAL");
      assertThat(kvm.rig.errno(enableCap(kvm.vm, SPLIT_IRQCHIP, 1, 4097))).isEqualTo("EINVAL");
      assertThat(kvm.rig.errno(enableCap(kvm.vm, SPLIT_IRQCHIP, 0, 4097))).isEqualTo("EINVAL");
      assertThat(kvm.rig.errno(enableCap(kvm.vm, SPLIT_IRQCHIP, 0, 24))).isEqualTo("EEXIST");
      int other = kvm.createVm();
      kvm.rig.ok(createIrqchip(other));
      kvm.rig.ok(createVcpu(other, 0));
      assertThat(kvm.rig.errno(createIrqchip(other))).isEqualTo("EEXIST");
    }
  }

  @Test
  void aCapabilityThatLinuxHasIsRefusedByTheSimulator() {
    try (KvmRig kvm = new KvmRig()) {
      assertThat(kvm.rig.refusal(enableCap(kvm.vm, HALT_POLL, 0, 1)).getCode())
          .isEqualTo(Refusal.Code.CODE_UNIMPLEMENTED);
      assertThat(kvm.rig.errno(enableCap(kvm.vm, X2APIC_API, 0, 4))).isEqualTo("EINVAL");
      assertThat(kvm.rig.errno(enableCap(kvm.vm, MANUAL_DIRTY_LOG_PROTECT2, 0, 2)))
          .isEqualTo("EINVAL");
      assertThat(kvm.rig.errno(enableCap(kvm.vm, 9999, 0))).isEqualTo("EINVAL");
    }
  }

  @Test
  void a32BitDestinationHasNoLowByteInTheHighHalf() {
    try (KvmRig kvm = new KvmRig()) {
      kvm.rig.ok(createIrqchip(kvm.vm));
      var route = KvmRig.msi(24, 0xfee00000, 0x41).toBuilder();
      route.getMsiBuilder().setAddressHi(1);
      kvm.rig.ok(KvmRig.routing(kvm.vm, route.build()));
      kvm.rig.ok(enableCap(kvm.vm, X2APIC_API, 0, 1));
      assertThat(kvm.rig.errno(KvmRig.routing(kvm.vm, route.build()))).isEqualTo("EINVAL");
    }
  }

  @Test
  void aVcpusPagesCanBeMappedAndNoMore() {
    try (KvmRig kvm = new KvmRig()) {
      int vcpu = kvm.vcpu(0);
      long run =
          kvm.rig
              .ok(
                  Operation.newBuilder()
                      .setMmap(MmapRequest.newBuilder().setFd(vcpu).setLength(4L * PAGE)))
              .getMmap()
              .getRet();
      kvm.rig.close(vcpu);
      kvm.rig.store(run + PAGE, (byte) 7);
      assertThat(kvm.rig.load(run + PAGE, 1)).containsExactly(7);
      assertThat(
              kvm.rig.errno(
                  Operation.newBuilder()
                      .setLoad(LoadRequest.newBuilder().setAddr(run + 3L * PAGE).setLength(1))))
          .isEqualTo("EFAULT");
      assertThat(
              kvm.rig.errno(
                  Operation.newBuilder()
                      .setMmap(MmapRequest.newBuilder().setFd(kvm.vm).setLength(PAGE))))
          .isEqualTo("ENODEV");
    }
  }

  @Test
  void theVfioDeviceHoldsItsGroupsUntilItIsClosed() {
    HostSpec spec =
        HostSpec.newBuilder()
            .addDevices(DeviceSpec.newBuilder().setBdf("0000:00:02.0").setGroup(7))
            .build();
    try (Rig rig = new Rig(spec)) {
      int kvm = rig.open("/dev/kvm");
      int vm =
          (int)
              rig.ok(
                      Operation.newBuilder()
                          .setKvmCreateVm(KvmCreateVmRequest.newBuilder().setTargetFd(kvm)))
                  .getKvmCreateVm()
                  .getRet();
      int group = rig.open("/dev/vfio/7");
      int device = rig.ok(createVfioDevice(vm)).getKvmCreateDevice().getFd();
      assertThat(rig.errno(createVfioDevice(vm))).isEqualTo("EBUSY");
      assertThat(rig.errno(groupAttr(device, 1, kvm))).isEqualTo("EINVAL");
      assertThat(rig.errno(groupAttr(device, 2, group))).isEqualTo("ENOENT");
      rig.ok(groupAttr(device, 1, group));
      assertThat(rig.errno(groupAttr(device, 1, group))).isEqualTo("EEXIST");
      rig.close(group);
      assertThat(
              rig.errno(
                  Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath("/dev/vfio/7"))))
          .isEqualTo("EBUSY");
      rig.close(device);
      rig.close(rig.open("/dev/vfio/7"));
      rig.ok(createVfioDevice(vm));
    }
  }

  private static Operation.Builder createVfioDevice(int vm) {
    return Operation.newBuilder()
        .setKvmCreateDevice(KvmCreateDeviceRequest.newBuilder().setTargetFd(vm).setType(4));
  }

  private static Operation.Builder groupAttr(int device, int attr, int fd) {
    return Operation.newBuilder()
        .setKvmSetDeviceAttr(
            KvmSetDeviceAttrRequest.newBuilder()
                .setTargetFd(device)
                .setGroup(1)
                .setAttr(attr)
                .setFd(fd));
  }
}
