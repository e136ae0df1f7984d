package io.virtrig.emulator.vmm;

import static io.virtrig.emulator.vmm.VmmRig.*;
import static io.virtrig.uapi.Vfio.*;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.virtrig.v1.GuestConfigWriteRequest;
import io.virtrig.v1.GuestIrqsRequest;
import io.virtrig.v1.GuestVectorWriteRequest;
import io.virtrig.v1.HwRaiseIrqRequest;
import io.virtrig.v1.KvmSetLapicRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.PwriteRequest;
import io.virtrig.v1.VmmCall;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The interrupt modes of kvmtool, and what reaches the guest in each. */
class KvmtoolTest {

  /** A guest that has switched its local APIC on. */
  private static VmmRig rig(String model) {
    VmmRig rig = new VmmRig(host("mainline", nic(0))).started(kvmtool(model, "nic0"));
    int vcpu = rig.vm + 1;
    var _ =
        rig.rig.ok(
            Operation.newBuilder()
                .setKvmSetLapic(
                    KvmSetLapicRequest.newBuilder().setTargetFd(vcpu).putRegs(0xf0, 0x1ff)));
    return rig;
  }

  /** What the guest's driver writes to the command register, as kvmtool passes it on. */
  private static void enableBusMaster(VmmRig rig) {
    int device = rig.vm + 4;
    var _ =
        rig.rig.ok(
            Operation.newBuilder()
                .setPwrite(
                    PwriteRequest.newBuilder()
                        .setTargetFd(device)
                        .setOffset(((long) VFIO_PCI_CONFIG_REGION_INDEX << 40) + 4)
                        .setBytes(ByteString.copyFrom(new byte[] {6, 0}))));
  }

  private static void raise(VmmRig rig, int index) {
    var _ =
        rig.rig.ok(
            Operation.newBuilder()
                .setHwRaiseIrq(HwRaiseIrqRequest.newBuilder().setDevice("nic0").setIndex(index)));
  }

  private static Map<Integer, Long> injected(VmmRig rig) {
    return rig.rig
        .ok(Operation.newBuilder().setGuestIrqs(GuestIrqsRequest.newBuilder().setTargetFd(rig.vm)))
        .getGuestIrqs()
        .getInjectedMap();
  }

  private static List<String> names(List<VmmCall> calls) {
    return calls.stream().map(VmmCall::getCall).toList();
  }

  @Test
  void intxAndMessagesTakeTurnsAnyNumberOfTimes() {
    try (VmmRig rig = rig("kvmtool-v4")) {
      for (int turn = 0; turn < 5; turn++) {
        var on = rig.msi(true, 4);
        assertThat(on.getLast().getErrno()).isEmpty();
        assertThat(rig.eventfds()).isEqualTo(4);
        var off = rig.msi(false, 4);
        assertThat(names(off).subList(1, 3)).containsExactly("eventfd", "eventfd");
        assertThat(off).allMatch(call -> call.getErrno().isEmpty());
        assertThat(rig.eventfds()).isEqualTo(6);
      }
    }
  }

  @Test
  void beforeTheSeriesAnEventfdIsLostAndIntxIsGone() {
    try (VmmRig rig = rig("kvmtool-before")) {
      assertThat(rig.eventfds()).isEqualTo(2);
      rig.msi(true, 1);
      assertThat(rig.msi(false, 1)).hasSize(1);
      assertThat(rig.eventfds()).isEqualTo(2);
      assertThat(names(rig.msi(true, 1))).containsExactly("VFIO_DEVICE_SET_IRQS");
    }
  }

  @Test
  void messagesArriveOnceTheGuestUnmasksTheirVector() {
    try (VmmRig rig = rig("kvmtool-v4")) {
      GuestVectorWriteRequest.Builder vector =
          GuestVectorWriteRequest.newBuilder()
              .setCapability("msix")
              .setVector(1)
              .setAddress(0xfee00000L)
              .setData(0x41);
      assertThat(names(rig.vector(vector)))
          .containsExactly("eventfd", "KVM_SET_GSI_ROUTING", "KVM_IRQFD");
      List<VmmCall> on =
          rig.config(GuestConfigWriteRequest.newBuilder().setCapability("msix").setEnable(true));
      assertThat(on.getLast().getFdsList()).containsExactly("-1", "vector1");
      assertThat(names(rig.vector(vector.clone().setVector(0))))
          .containsExactly("eventfd", "KVM_SET_GSI_ROUTING", "KVM_IRQFD", "VFIO_DEVICE_SET_IRQS");
      enableBusMaster(rig);
      raise(rig, VFIO_PCI_MSIX_IRQ_INDEX);
      assertThat(injected(rig).values()).containsExactly(1L);
    }
  }

  @Test
  void aGuestThatNeverWritesTheMaskGetsNoMessage() {
    try (VmmRig rig = rig("kvmtool-v4")) {
      assertThat(rig.msi(true, 1)).noneMatch(call -> call.getFd().equals("vector0"));
      enableBusMaster(rig);
      raise(rig, VFIO_PCI_MSI_IRQ_INDEX);
      assertThat(injected(rig)).isEmpty();
    }
  }

  @Test
  void aVectorThatIsMaskedLosesItsIrqfd() {
    try (VmmRig rig = rig("kvmtool-v4")) {
      GuestVectorWriteRequest.Builder vector =
          GuestVectorWriteRequest.newBuilder().setCapability("msix").setAddress(0xfee00000L);
      rig.vector(vector);
      List<VmmCall> masked = rig.vector(vector.clone().setMasked(true));
      assertThat(names(masked)).containsExactly("KVM_IRQFD");
      assertThat(masked.getFirst().getFlags()).isEqualTo(1);
    }
  }

  @Test
  void endingLeavesNothingBehind() {
    try (VmmRig rig = rig("kvmtool-v4")) {
      rig.msi(true, 4);
      rig.rig.ok(rig.stop());
      assertThat(rig.rig.usedFrames()).isZero();
      assertThat(rig.rig.open("/dev/vfio/0")).isEqualTo(3);
    }
  }

  @Test
  void whatKvmtoolLacksIsRefused() {
    try (VmmRig rig = rig("kvmtool-v4")) {
      assertThat(rig.rig.refusal(rig.reset()).getReason()).contains("vmm.stop");
      assertThat(rig.rig.refusal(rig.deviceAdd("nic0", "")).getReason()).contains("hot-plug");
    }
  }
}
