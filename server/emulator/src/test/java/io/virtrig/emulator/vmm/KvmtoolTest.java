package io.virtrig.emulator.vmm;

import static io.virtrig.emulator.vmm.VmmRig.*;
import static io.virtrig.uapi.Vfio.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.v1.GuestConfigWriteRequest;
import io.virtrig.v1.GuestVectorWriteRequest;
import io.virtrig.v1.VmmCall;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The interrupt modes of kvmtool, and what reaches the guest in each. */
class KvmtoolTest {
  /**
   * What GSI 0 is wired to. The first line that kvmtool hands out is 5, from which it takes the
   * platform's offset, 5 on x86.
   */
  private static final int TIMER_PIN = 2;

  private static VmmRig rig(String model) {
    return new VmmRig(host("mainline", nic(0))).started(kvmtool(model, "nic0")).withLapic();
  }

  private static void enableBusMaster(VmmRig rig) {
    rig.configWrite(4, 2, 6);
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
      rig.raise(VFIO_PCI_MSIX_IRQ_INDEX, 0);
      assertThat(rig.injected().values()).containsExactly(1L);
    }
  }

  @Test
  void aGuestThatNeverWritesTheMaskGetsNoMessage() {
    try (VmmRig rig = rig("kvmtool-v4")) {
      assertThat(rig.msi(true, 1)).noneMatch(call -> call.getFd().equals("vector0"));
      enableBusMaster(rig);
      rig.raise(VFIO_PCI_MSI_IRQ_INDEX, 0);
      assertThat(rig.injected()).isEmpty();
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

  @Test
  void theLineIsHeldUntilTheGuestEndsTheInterrupt() {
    try (VmmRig rig = rig("kvmtool-v4")) {
      rig.programPin(TIMER_PIN);
      rig.raise(VFIO_PCI_INTX_IRQ_INDEX, 0);
      assertThat(rig.requested()).isTrue();
      rig.serve();
      assertThat(rig.requested()).as("the device still asserts it").isTrue();
      rig.lowerLine();
      rig.serve();
      assertThat(rig.requested()).isFalse();
      rig.raise(VFIO_PCI_INTX_IRQ_INDEX, 0);
      assertThat(rig.requested()).as("the host has unmasked it").isTrue();
    }
  }

  /** The failing flow: a guest that tests MSI, gives it up and waits for INTx. */
  @Test
  void onlyTheSeriesBringsTheLineBackAfterMessages() {
    for (String capability : new String[] {"msi", "msix"}) {
      for (boolean series : new boolean[] {false, true}) {
        try (VmmRig rig = rig(series ? "kvmtool-v4" : "kvmtool-before")) {
          rig.programPin(TIMER_PIN);
          GuestConfigWriteRequest.Builder control =
              GuestConfigWriteRequest.newBuilder().setCapability(capability);
          rig.config(control.clone().setEnable(true));
          rig.config(control);
          rig.raise(VFIO_PCI_INTX_IRQ_INDEX, 0);
          assertThat(rig.requested()).as("%s, series %s", capability, series).isEqualTo(series);
        }
      }
    }
  }

  @Test
  void aLineThatIsUpWhenMessagesEndComesAtOnce() {
    try (VmmRig rig = rig("kvmtool-v4")) {
      rig.programPin(TIMER_PIN);
      rig.msi(true, 1);
      rig.raise(VFIO_PCI_INTX_IRQ_INDEX, 0);
      assertThat(rig.requested()).isFalse();
      rig.msi(false, 1);
      assertThat(rig.requested()).isTrue();
    }
  }

  @Test
  void theControlWordMayBeWrittenAsBytesOfConfigurationSpace() {
    try (VmmRig rig = rig("kvmtool-v4");
        VmmRig same = rig("kvmtool-v4")) {
      int msi = rig.capability(5);
      int msix = rig.capability(0x11);
      rig.configWrite(msi + 4, 4, 0xfee00000);
      rig.configWrite(msi + (rig.configRead(msi + 2, 2) >>> 7 & 1) * 4 + 8, 2, VECTOR);
      assertThat(rig.configWrite(msi + 2, 2, 0x21)).isEqualTo(same.msi(true, 4));
      assertThat(rig.configWrite(msi + 2, 1, 0x20)).isEqualTo(same.msi(false, 4));
      List<VmmCall> masked =
          same.config(
              GuestConfigWriteRequest.newBuilder()
                  .setCapability("msix")
                  .setEnable(true)
                  .setFunctionMask(true));
      assertThat(rig.configWrite(msix + 3, 1, 0xc0)).isEqualTo(masked);
      assertThat(rig.configRead(0x1000, 4)).isEqualTo(-1);
      assertThat(rig.configWrite(0x1000, 4, 0)).isEmpty();
    }
  }
}
