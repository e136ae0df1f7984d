package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.emulator.kernel.kvm.KvmRig.createIrqchip;
import static io.virtrig.emulator.kernel.kvm.KvmRig.ioeventfd;
import static io.virtrig.emulator.kernel.kvm.KvmRig.irqfd;
import static io.virtrig.emulator.kernel.kvm.KvmRig.msi;
import static io.virtrig.emulator.kernel.kvm.KvmRig.pin;
import static io.virtrig.emulator.kernel.kvm.KvmRig.routing;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.KvmIrqLineRequest;
import io.virtrig.v1.KvmSignalMsiRequest;
import io.virtrig.v1.Operation;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KvmIrqfdTest {
  private static final int DEASSIGN = 1;
  private static final int RESAMPLE = 2;
  private static final int EFD_SEMAPHORE = 1;
  private static final int IOAPIC = 2;
  private static final int VECTOR = 0x61;
  private static final int NO_FD = 9999;
  private static final long SELECT = 0xfec00000L;
  private static final long WINDOW = 0xfec00010L;
  private static final long EOI = 0xfee000b0L;

  private final KvmRig kvm = new KvmRig();

  @AfterEach
  void nothingIsLeft() {
    kvm.close();
  }

  private int vcpuWithIrqchip() {
    kvm.rig.ok(createIrqchip(kvm.vm));
    int vcpu = kvm.vcpu(0);
    kvm.enableLapic(vcpu);
    return vcpu;
  }

  private void assign(int fd, int gsi) {
    kvm.rig.ok(irqfd(kvm.vm, fd, gsi, 0, 0));
  }

  @Test
  void checksComeInTheKernelsOrder() {
    int fd = kvm.rig.eventfd(0);
    assertThat(kvm.rig.errno(irqfd(kvm.vm, NO_FD, 0, 4, 0))).isEqualTo("EINVAL");
    assertThat(kvm.rig.errno(irqfd(kvm.vm, NO_FD, 0, 0, 0))).as("no irqchip").isEqualTo("EINVAL");
    assertThat(kvm.rig.errno(irqfd(kvm.vm, NO_FD, 0, DEASSIGN, 0))).isEqualTo("EBADF");
    kvm.rig.ok(createIrqchip(kvm.vm));
    assertThat(kvm.rig.errno(irqfd(kvm.vm, NO_FD, 0, RESAMPLE, kvm.vm))).isEqualTo("EBADF");
    assertThat(kvm.rig.errno(irqfd(kvm.vm, kvm.vm, 0, RESAMPLE, NO_FD))).isEqualTo("EINVAL");
    assign(fd, 5);
    assertThat(kvm.rig.errno(irqfd(kvm.vm, fd, 5, RESAMPLE, NO_FD))).isEqualTo("EBADF");
    assertThat(kvm.rig.errno(irqfd(kvm.vm, fd, 6, RESAMPLE, fd))).isEqualTo("EBUSY");
  }

  /** Programs the pin: level-triggered, to vCPU 0. */
  private void programPin(int pin) {
    kvm.writeRegister(SELECT, 0x11 + 2 * pin);
    kvm.writeRegister(WINDOW, 0);
    kvm.writeRegister(SELECT, 0x10 + 2 * pin);
    kvm.writeRegister(WINDOW, 0x8000 | VECTOR);
  }

  /** As a guest would: the interrupt goes into service, and ends. */
  private void serve(int vcpu) {
    assertThat(kvm.requested(vcpu, VECTOR)).isTrue();
    kvm.rig.ok(KvmRig.setLapic(vcpu, Map.of(0x230, 0, 0x130, 2)));
    kvm.writeRegister(EOI, 0);
  }

  @Test
  void aResampledLineStaysUpUntilTheGuestEndsTheInterrupt() {
    int vcpu = vcpuWithIrqchip();
    kvm.rig.ok(routing(kvm.vm, pin(20, IOAPIC, 20)));
    programPin(20);
    int trigger = kvm.rig.eventfd(0);
    int second = kvm.rig.eventfd(0);
    int resample = kvm.rig.eventfd(0);
    kvm.rig.ok(irqfd(kvm.vm, trigger, 20, RESAMPLE, resample));
    kvm.rig.ok(irqfd(kvm.vm, second, 20, RESAMPLE, resample));
    kvm.rig.write(trigger, 3);
    assertThat(kvm.irqchip(IOAPIC).getIrr()).isEqualTo(1 << 20);
    assertThat(kvm.irqchip(IOAPIC).getRedirtbl(20) & 1 << 14).as("remote IRR").isNotZero();
    assertThat(kvm.lapic(vcpu).get(0x1b0)).as("TMR").isEqualTo(2);
    serve(vcpu);
    assertThat(kvm.irqchip(IOAPIC).getIrr()).isZero();
    assertThat(kvm.irqchip(IOAPIC).getRedirtbl(20) & 1 << 14).isZero();
    assertThat(kvm.rig.read(resample)).as("one for each irqfd").isEqualTo(2);
    assertThat(kvm.irqs(kvm.vm).getInjectedMap()).as("pins are not listed").isEmpty();
  }

  @Test
  void aLineThatUserSpaceHoldsComesUpAgainAtTheEndOfInterrupt() {
    int vcpu = vcpuWithIrqchip();
    programPin(21);
    kvm.rig.ok(
        Operation.newBuilder()
            .setKvmIrqLine(
                KvmIrqLineRequest.newBuilder().setTargetFd(kvm.vm).setIrq(21).setLevel(1)));
    serve(vcpu);
    assertThat(kvm.requested(vcpu, VECTOR)).isTrue();
  }

  @Test
  void whenTheLastResamplingIrqfdGoesTheLineGoesDownAndNobodyIsTold() {
    vcpuWithIrqchip();
    int first = kvm.rig.eventfd(0);
    int second = kvm.rig.eventfd(0);
    int resample = kvm.rig.eventfd(0);
    kvm.rig.ok(irqfd(kvm.vm, first, 20, RESAMPLE, resample));
    kvm.rig.ok(irqfd(kvm.vm, second, 20, RESAMPLE, resample));
    kvm.rig.write(first, 1);
    kvm.rig.ok(irqfd(kvm.vm, first, 20, DEASSIGN, 0));
    assertThat(kvm.irqchip(IOAPIC).getIrr()).isEqualTo(1 << 20);
    kvm.rig.close(second);
    assertThat(kvm.irqchip(IOAPIC).getIrr()).isZero();
    assertThat(kvm.rig.read(resample)).isZero();
  }

  @Test
  void aSemaphoreGivesOneAndKeepsTheRest() {
    int vcpu = vcpuWithIrqchip();
    kvm.rig.ok(routing(kvm.vm, msi(24, 0xfee00000, VECTOR)));
    int fd =
        (int)
            kvm.rig
                .ok(
                    Operation.newBuilder()
                        .setEventfd(EventfdRequest.newBuilder().setFlags(EFD_SEMAPHORE)))
                .getEventfd()
                .getRet();
    assign(fd, 24);
    kvm.rig.write(fd, 3);
    assertThat(kvm.requested(vcpu, VECTOR)).isTrue();
    assertThat(kvm.irqs(kvm.vm).getInjectedMap()).containsExactly(Map.entry(24, 1L));
    assertThat(kvm.rig.read(fd)).isOne();
    assertThat(kvm.rig.read(fd)).isOne();
    assertThat(kvm.rig.read(fd)).isZero();
  }

  @Test
  void ofTwoVmsTheOneThatAssignedFirstTakesTheEvents() {
    vcpuWithIrqchip();
    kvm.rig.ok(routing(kvm.vm, msi(24, 0xfee00000, VECTOR)));
    int other = kvm.createVm();
    kvm.rig.ok(createIrqchip(other));
    int otherVcpu = (int) kvm.rig.ok(KvmRig.createVcpu(other, 0)).getKvmCreateVcpu().getRet();
    kvm.enableLapic(otherVcpu);
    kvm.rig.ok(routing(other, msi(24, 0xfee00000, VECTOR)));
    int fd = kvm.rig.eventfd(0);
    assign(fd, 24);
    kvm.rig.ok(irqfd(other, fd, 24, 0, 0));
    kvm.rig.write(fd, 1);
    assertThat(kvm.irqs(kvm.vm).getInjectedMap()).containsExactly(Map.entry(24, 1L));
    assertThat(kvm.irqs(other).getInjectedMap()).isEmpty();
    assertThat(kvm.rig.host().events().after(0, 99))
        .anyMatch(event -> event.getDetail().contains("consumer registration fails: EBUSY"));
    kvm.rig.ok(irqfd(kvm.vm, fd, 24, DEASSIGN, 0));
    kvm.rig.write(fd, 1);
    assertThat(kvm.irqs(other).getInjectedMap()).containsExactly(Map.entry(24, 1L));
  }

  @Test
  void closingTheVmEndsItsIrqfdsAlthoughAVcpuKeepsItAlive() {
    int vcpu = vcpuWithIrqchip();
    kvm.rig.ok(routing(kvm.vm, msi(24, 0xfee00000, VECTOR)));
    int fd = kvm.rig.eventfd(0);
    assign(fd, 24);
    kvm.rig.close(kvm.vm);
    kvm.rig.write(fd, 6);
    assertThat(kvm.rig.read(fd)).isEqualTo(6);
    assertThat(kvm.requested(vcpu, VECTOR)).as("the vCPU is there still").isFalse();
  }

  @Test
  void anIoeventfdInjectsThroughTheIrqfdOfItsEventfd() {
    int vcpu = vcpuWithIrqchip();
    kvm.rig.ok(routing(kvm.vm, msi(24, 0xfee00000, VECTOR)));
    int fd = kvm.rig.eventfd(0);
    assign(fd, 24);
    kvm.rig.ok(ioeventfd(kvm.vm, fd, 0xd0000000L, 0, 0, 0));
    assertThat(kvm.write(0xd0000000L, (byte) 1)).isEqualTo("none");
    assertThat(kvm.requested(vcpu, VECTOR)).isTrue();
    assertThat(kvm.rig.read(fd)).isZero();
  }

  /** The map of destinations is made before a new vCPU counts. */
  @Test
  void aVcpuWhoseApicNobodyHasWrittenTakesNoMessageButABroadcast() {
    kvm.rig.ok(createIrqchip(kvm.vm));
    int vcpu = kvm.vcpu(0);
    int nmi = 0x400;
    kvm.rig.ok(
        routing(kvm.vm, msi(24, 0xfee00000, nmi | VECTOR), msi(25, 0xfeeff000, nmi | VECTOR)));
    int fd = kvm.rig.eventfd(0);
    int broadcast = kvm.rig.eventfd(0);
    assign(fd, 24);
    assign(broadcast, 25);
    kvm.rig.write(fd, 1);
    assertThat(kvm.irqs(kvm.vm).getInjectedMap()).isEmpty();
    kvm.rig.write(broadcast, 1);
    assertThat(kvm.irqs(kvm.vm).getInjectedMap()).containsOnlyKeys(25);
    kvm.rig.ok(KvmRig.setLapic(vcpu, Map.of(0xf0, 0xff)));
    kvm.rig.write(fd, 1);
    assertThat(kvm.irqs(kvm.vm).getInjectedMap()).containsOnlyKeys(24, 25);
  }

  @Test
  void aMessageForNobodyIsEpermOnlyWhereTheMapCannotTell() {
    kvm.rig.ok(createIrqchip(kvm.vm));
    assertThat(kvm.rig.errno(signalMsi(0xfee00000))).as("no vCPU").isEqualTo("EPERM");
    int vcpu = kvm.vcpu(0);
    kvm.enableLapic(vcpu);
    assertThat(kvm.rig.errno(signalMsi(0xfee02004))).as("nobody has an LDR").isEqualTo("EPERM");
    kvm.rig.ok(KvmRig.setLapic(vcpu, Map.of(0xd0, 0x01000000)));
    assertThat(kvm.rig.ok(signalMsi(0xfee02004)).getKvmSignalMsi().getRet()).isZero();
    assertThat(kvm.rig.ok(signalMsi(0xfee01004)).getKvmSignalMsi().getRet()).isOne();
  }

  private Operation.Builder signalMsi(int addressLo) {
    return Operation.newBuilder()
        .setKvmSignalMsi(
            KvmSignalMsiRequest.newBuilder()
                .setTargetFd(kvm.vm)
                .setAddressLo(addressLo)
                .setData(VECTOR));
  }
}
