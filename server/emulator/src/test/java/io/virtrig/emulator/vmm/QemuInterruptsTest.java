package io.virtrig.emulator.vmm;

import static io.virtrig.emulator.vmm.VmmRig.*;
import static io.virtrig.uapi.Kvm.KVM_IRQFD_FLAG_DEASSIGN;
import static io.virtrig.uapi.Kvm.KVM_IRQFD_FLAG_RESAMPLE;
import static io.virtrig.uapi.Vfio.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.EventKind;
import io.virtrig.v1.GuestConfigWriteRequest;
import io.virtrig.v1.GuestVectorWriteRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.TracedCall;
import io.virtrig.v1.VfioDeviceSetIrqsRequest;
import io.virtrig.v1.VmmCall;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What QEMU's vfio-pci asks of the kernel for a device's interrupts, and what reaches the guest.
 */
class QemuInterruptsTest {
  /** Device 2, pin A, as q35 routes it. */
  private static final int LINE = 22;

  private static final long MESSAGE = 0xfee00000L;

  private static VmmRig rig() {
    return new VmmRig(host("vsva-v6", nic(0))).started(qemu(modern(), "nic0")).withLapic();
  }

  /** Calls in the form "SET_IRQS INTX MASK 0+1 [trigger]". */
  private static List<String> lines(List<VmmCall> calls) {
    return calls.stream().map(QemuInterruptsTest::line).toList();
  }

  private static String line(VmmCall call) {
    String errno = call.getErrno().isEmpty() ? "" : " " + call.getErrno();
    return switch (call.getCall()) {
      case "VFIO_DEVICE_SET_IRQS" ->
          "SET_IRQS "
              + index(call.getIndex())
              + action(call.getFlags())
              + call.getStart()
              + "+"
              + call.getCount()
              + (call.getFdsCount() == 0 ? "" : " " + call.getFdsList())
              + errno;
      case "KVM_IRQFD" ->
          "IRQFD "
              + (call.getFlags() == KVM_IRQFD_FLAG_DEASSIGN ? "-" : "+")
              + call.getFd()
              + " "
              + call.getGsi()
              + (call.getFlags() == KVM_IRQFD_FLAG_RESAMPLE ? " " + call.getResamplefd() : "")
              + errno;
      case "KVM_SET_GSI_ROUTING" -> "ROUTING " + call.getCount() + errno;
      default -> call.getCall() + " " + call.getRole() + errno;
    };
  }

  private static String index(int index) {
    return switch (index) {
      case VFIO_PCI_INTX_IRQ_INDEX -> "INTX ";
      case VFIO_PCI_MSI_IRQ_INDEX -> "MSI ";
      case VFIO_PCI_MSIX_IRQ_INDEX -> "MSIX ";
      default -> index + " ";
    };
  }

  private static String action(int flags) {
    if ((flags & VFIO_IRQ_SET_ACTION_MASK) != 0) {
      return "MASK ";
    }
    return (flags & VFIO_IRQ_SET_ACTION_UNMASK) != 0 ? "UNMASK " : "";
  }

  private static final List<String> LINE_OFF =
      List.of(
          "SET_IRQS INTX MASK 0+1",
          "IRQFD -trigger 22",
          "close unmask",
          "SET_IRQS INTX UNMASK 0+1",
          "SET_IRQS INTX 0+0",
          "close trigger");
  private static final List<String> LINE_ON =
      List.of(
          "eventfd trigger",
          "SET_IRQS INTX 0+1 [trigger]",
          "SET_IRQS INTX MASK 0+1",
          "eventfd unmask",
          "IRQFD +trigger 22 unmask",
          "SET_IRQS INTX UNMASK 0+1 [unmask]",
          "SET_IRQS INTX UNMASK 0+1");

  private static List<String> then(List<String> first, String... more) {
    List<String> all = new ArrayList<>(first);
    all.addAll(List.of(more));
    return all;
  }

  private static List<String> then(List<String> first, List<String> more) {
    return then(first, more.toArray(String[]::new));
  }

  private static GuestConfigWriteRequest.Builder msix(boolean enable) {
    return GuestConfigWriteRequest.newBuilder().setCapability("msix").setEnable(enable);
  }

  private static GuestVectorWriteRequest.Builder vector(int number, boolean masked) {
    return GuestVectorWriteRequest.newBuilder()
        .setCapability("msix")
        .setVector(number)
        .setAddress(MESSAGE)
        .setData(VECTOR)
        .setMasked(masked);
  }

  @Test
  void theLineIsSetUpMaskedWhenTheDeviceIsRealized() {
    try (VmmRig rig = rig()) {
      List<Operation> calls = rig.trace(0).stream().map(TracedCall::getOperation).toList();
      List<VfioDeviceSetIrqsRequest> line =
          calls.stream()
              .filter(Operation::hasVfioDeviceSetIrqs)
              .map(Operation::getVfioDeviceSetIrqs)
              .toList();
      assertThat(line)
          .extracting(call -> call.getIndex() + action(call.getFlags()) + call.getDataCount())
          .containsExactly("01", "0MASK 0", "0UNMASK 1", "0UNMASK 0", "31", "41");
      assertThat(calls.stream().filter(Operation::hasKvmIrqfd).toList())
          .singleElement()
          .satisfies(
              call -> {
                assertThat(call.getKvmIrqfd().getGsi()).isEqualTo(LINE);
                assertThat(call.getKvmIrqfd().getFlags()).isEqualTo(KVM_IRQFD_FLAG_RESAMPLE);
              });
      assertThat(rig.eventfds()).as("trigger, unmask, err, req").isEqualTo(4);
    }
  }

  @Test
  void theLineIsHeldUntilTheGuestEndsTheInterrupt() {
    try (VmmRig rig = rig()) {
      rig.programPin(LINE);
      rig.raise(VFIO_PCI_INTX_IRQ_INDEX, 0);
      rig.serve();
      assertThat(rig.requested()).as("the device still asserts it").isTrue();
      rig.lowerLine();
      rig.serve();
      assertThat(rig.requested()).isFalse();
      rig.raise(VFIO_PCI_INTX_IRQ_INDEX, 0);
      assertThat(rig.requested()).isTrue();
    }
  }

  @Test
  void messagesTakeTheLinesPlaceAndGiveItBack() {
    try (VmmRig rig = rig()) {
      rig.programPin(LINE);
      assertThat(lines(rig.msi(true, 2)))
          .isEqualTo(
              then(
                  LINE_OFF,
                  "eventfd interrupt0",
                  "eventfd kvm_interrupt0",
                  "ROUTING 39",
                  "IRQFD +kvm_interrupt0 2",
                  "eventfd interrupt1",
                  "eventfd kvm_interrupt1",
                  "ROUTING 40",
                  "IRQFD +kvm_interrupt1 24",
                  "SET_IRQS MSI 0+2 [kvm_interrupt0, kvm_interrupt1]"));
      assertThat(lines(rig.msi(false, 2)))
          .isEqualTo(
              then(
                  List.of(
                      "SET_IRQS MSI 0+0",
                      "IRQFD -kvm_interrupt0 2",
                      "close kvm_interrupt0",
                      "close interrupt0",
                      "IRQFD -kvm_interrupt1 24",
                      "close kvm_interrupt1",
                      "close interrupt1"),
                  LINE_ON));
      rig.raise(VFIO_PCI_INTX_IRQ_INDEX, 0);
      assertThat(rig.requested()).isTrue();
      assertThat(rig.eventfds()).isEqualTo(4);
    }
  }

  @Test
  void eachMessageOfMsiHasItsNumberInTheDataAndAChangeGoesToKvm() {
    try (VmmRig rig = rig()) {
      rig.configWrite(4, 2, 6);
      rig.msi(true, 2);
      List<VmmCall> changed =
          rig.vector(
              GuestVectorWriteRequest.newBuilder()
                  .setCapability("msi")
                  .setAddress(MESSAGE)
                  .setData(VECTOR & ~1));
      assertThat(lines(changed)).as("both vectors, with each register").contains("ROUTING 40");
      rig.raise(VFIO_PCI_MSI_IRQ_INDEX, 1);
      assertThat(rig.requested()).as("data %#x, vector 1", VECTOR & ~1).isTrue();
      assertThat(rig.injected()).containsOnlyKeys(24);
    }
  }

  @Test
  void msixIsEnabledByVectorZeroAndGrowsWithTheVectorsInUse() {
    try (VmmRig rig = rig()) {
      assertThat(lines(rig.config(msix(true))))
          .isEqualTo(
              then(
                  LINE_OFF,
                  "eventfd interrupt0",
                  "SET_IRQS MSIX 0+0 EINVAL",
                  "SET_IRQS MSIX 0+1 [interrupt0]"));
      assertThat(lines(rig.vector(vector(1, false))))
          .containsExactly(
              "eventfd interrupt1",
              "eventfd kvm_interrupt1",
              "ROUTING 39",
              "IRQFD +kvm_interrupt1 2",
              "SET_IRQS MSIX 0+0",
              "SET_IRQS MSIX 0+2 [interrupt0, kvm_interrupt1]");
      assertThat(lines(rig.vector(vector(0, false))))
          .containsExactly(
              "eventfd kvm_interrupt0",
              "ROUTING 40",
              "IRQFD +kvm_interrupt0 24",
              "SET_IRQS MSIX 0+1 [kvm_interrupt0]");
      assertThat(rig.vector(vector(0, false))).as("its mask has not changed").isEmpty();
      rig.configWrite(4, 2, 6);
      rig.raise(VFIO_PCI_MSIX_IRQ_INDEX, 1);
      assertThat(rig.injected()).containsOnlyKeys(2);
      assertThat(lines(rig.config(msix(false))))
          .isEqualTo(
              then(
                  List.of(
                      "SET_IRQS MSIX 0+1 [interrupt0]",
                      "SET_IRQS MSIX 1+1 [interrupt1]",
                      "SET_IRQS MSIX 0+0",
                      "IRQFD -kvm_interrupt0 24",
                      "close kvm_interrupt0",
                      "close interrupt0",
                      "IRQFD -kvm_interrupt1 2",
                      "close kvm_interrupt1",
                      "close interrupt1"),
                  LINE_ON));
    }
  }

  @Test
  void aTableThatIsReadyIsTakenWhole() {
    try (VmmRig rig = rig()) {
      assertThat(rig.vector(vector(0, false))).isEmpty();
      assertThat(rig.vector(vector(1, false))).isEmpty();
      List<String> on = lines(rig.config(msix(true)));
      assertThat(on.subList(LINE_OFF.size() + 3, on.size()))
          .containsExactly(
              "eventfd kvm_interrupt0",
              "ROUTING 39",
              "IRQFD +kvm_interrupt0 2",
              "SET_IRQS MSIX 0+1 [kvm_interrupt0]",
              "eventfd interrupt1",
              "eventfd kvm_interrupt1",
              "ROUTING 40",
              "IRQFD +kvm_interrupt1 24",
              "SET_IRQS MSIX 0+0",
              "SET_IRQS MSIX 0+2 [kvm_interrupt0, kvm_interrupt1]");
      assertThat(lines(rig.config(msix(true).setFunctionMask(true))))
          .containsExactly("SET_IRQS MSIX 0+1 [interrupt0]", "SET_IRQS MSIX 1+1 [interrupt1]");
      assertThat(lines(rig.config(msix(true))))
          .containsExactly(
              "ROUTING 40",
              "SET_IRQS MSIX 0+1 [kvm_interrupt0]",
              "ROUTING 40",
              "SET_IRQS MSIX 1+1 [kvm_interrupt1]");
    }
  }

  @Test
  void whatAMaskedVectorIsSentArrivesWhenItIsUnmasked() {
    try (VmmRig rig = rig()) {
      rig.configWrite(4, 2, 6);
      rig.config(msix(true));
      rig.vector(vector(0, false));
      assertThat(lines(rig.vector(vector(0, true))))
          .containsExactly("SET_IRQS MSIX 0+1 [interrupt0]");
      rig.raise(VFIO_PCI_MSIX_IRQ_INDEX, 0);
      assertThat(rig.requested()).isFalse();
      assertThat(lines(rig.vector(vector(0, false))))
          .containsExactly("ROUTING 39", "SET_IRQS MSIX 0+1 [kvm_interrupt0]");
      assertThat(rig.requested()).as("QEMU sends it itself").isTrue();
    }
  }

  /** QEMU has no handler for vector 0 until the guest uses it; the eventfd counts meanwhile. */
  @Test
  void whatVectorZeroIsSentBeforeItsUseArrivesThen() {
    try (VmmRig rig = rig()) {
      rig.configWrite(4, 2, 6);
      rig.config(msix(true));
      rig.raise(VFIO_PCI_MSIX_IRQ_INDEX, 0);
      assertThat(rig.requested()).isFalse();
      rig.vector(vector(0, false));
      assertThat(rig.requested()).isTrue();
    }
  }

  @Test
  void aResetBringsTheLineBackAndEmptiesTheTable() {
    try (VmmRig rig = rig()) {
      rig.configWrite(4, 2, 6);
      rig.vector(vector(1, false));
      rig.config(msix(true));
      assertThat(rig.rig.ok(rig.reset()).getVmmReset().getCallsList())
          .as("interrupts are not listed")
          .isEmpty();
      assertThat(rig.eventfds()).isEqualTo(4);
      assertThat(rig.configRead(rig.capability(0x11) + 2, 2)).isEqualTo(1);
      assertThat(rig.configRead(4, 2) & 7).isZero();
      rig.programPin(LINE);
      rig.raise(VFIO_PCI_INTX_IRQ_INDEX, 0);
      assertThat(rig.requested()).isTrue();
      assertThat(lines(rig.config(msix(true))))
          .as("vector 1 is masked again")
          .endsWith("SET_IRQS MSIX 0+1 [interrupt0]");
    }
  }

  @Test
  void unpluggingTakesEverythingDown() {
    try (VmmRig rig = rig()) {
      rig.vector(vector(1, false));
      rig.config(msix(true));
      rig.rig.ok(rig.deviceDel("nic0"));
      assertThat(rig.eventfds()).isZero();
      assertThat(
              rig.rig
                  .refusal(
                      Operation.newBuilder()
                          .setGuestConfigWrite(msix(true).setTargetFd(rig.vm).setDevice("nic0")))
                  .getReason())
          .contains("no device");
    }
  }

  @Test
  void aGuestReadsQemusRegistersAndTheDevicesOthers() {
    try (VmmRig rig = rig()) {
      int msi = rig.capability(5);
      assertThat(rig.configRead(msi + 2, 2) >>> 1 & 7).as("4 vectors").isEqualTo(2);
      rig.configWrite(msi + 2, 2, 0x11);
      assertThat(rig.configRead(msi + 2, 2) & 0x71).isEqualTo(0x11);
      rig.configWrite(msi + 2, 2, 0);
      assertThat(rig.configRead(0x3d, 1)).isEqualTo(1);
      int id = rig.configRead(0, 4);
      rig.configWrite(0, 4, 0);
      assertThat(rig.configRead(0, 4)).isEqualTo(id);
      assertThat(rig.configRead(0x2000, 2)).isEqualTo(0xffff);
      assertThat(rig.rig.refusal(read(rig, 2, 4)).getField()).isEqualTo("offset");
      assertThat(rig.rig.refusal(read(rig, 0, 3)).getField()).isEqualTo("size");
    }
  }

  private static Operation.Builder read(VmmRig rig, int offset, int size) {
    Operation.Builder operation = Operation.newBuilder();
    operation
        .getGuestConfigReadBuilder()
        .setTargetFd(rig.vm)
        .setDevice("nic0")
        .setOffset(offset)
        .setSize(size);
    return operation;
  }

  @Test
  void aMediatedDeviceHasNoInterruptsHere() {
    DeviceSpec.Builder adi =
        DeviceSpec.newBuilder().setName("adi0").setKind("mdev").setParent("nic0").setGroup(9);
    try (VmmRig rig = new VmmRig(host("vsva-v6", nic(0), adi)).started(qemu(modern(), "adi0"))) {
      Operation.Builder operation = read(rig, 0, 4);
      operation.getGuestConfigReadBuilder().setDevice("adi0");
      assertThat(rig.rig.refusal(operation).getReason()).contains("mediated");
      assertThat(rig.eventfds()).isZero();
    }
  }

  /** What a driver must not do ends its own VM: assertions of QEMU, a pointer that is none. */
  @Test
  void aGuestThatMixesMessagesEndsItsVmm() {
    GuestConfigWriteRequest.Builder msi =
        GuestConfigWriteRequest.newBuilder().setCapability("msi").setVectors(2);
    assertThat(aborts(msi.clone().setEnable(true), msi.clone().setEnable(true).setVectors(1)))
        .isEqualTo("msi_get_message: vector 1 is beyond what is enabled");
    assertThat(aborts(msix(true), msi.clone().setEnable(true), msix(false)))
        .startsWith("msix_unset_vector_notifiers");
    assertThat(
            aborts(msi.clone().setEnable(true), msix(true).setFunctionMask(true), msi, msix(true)))
        .startsWith("SIGSEGV");
  }

  private static String aborts(GuestConfigWriteRequest.Builder... writes) {
    try (VmmRig rig = rig()) {
      rig.vector(vector(0, false));
      for (GuestConfigWriteRequest.Builder write : writes) {
        rig.config(write);
      }
      assertThat(rig.rig.refusal(rig.reset()).getReason()).contains("no VMM");
      rig.assertNothingIsLeft();
      return rig.rig.host().events().after(0, 1000).stream()
          .filter(event -> event.getKind() == EventKind.EVENT_KIND_VMM)
          .map(event -> event.getDetail())
          .filter(text -> text.startsWith("the VMM aborts: "))
          .map(text -> text.substring("the VMM aborts: ".length()))
          .findFirst()
          .orElse("");
    }
  }
}
