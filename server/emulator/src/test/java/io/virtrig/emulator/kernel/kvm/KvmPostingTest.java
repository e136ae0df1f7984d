package io.virtrig.emulator.kernel.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.event.EventListener;
import io.virtrig.emulator.hardware.Machine;
import io.virtrig.emulator.hardware.iommu.Iommu;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.hardware.psp.SevFirmware;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.kernel.eventfd.EventFdFile;
import io.virtrig.emulator.kernel.irqbypass.IrqBypassProducer;
import io.virtrig.emulator.kernel.irqbypass.PostedInterrupt;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.v1.GuestIrqsRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.IommuSpec;
import io.virtrig.v1.KernelSpec;
import io.virtrig.v1.KvmIrqRoutingEntry;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** When an irqfd lets the interrupts of a producer be posted, and what follows a new route. */
class KvmPostingTest {
  private static final int GSI = 24;
  private static final int LOWEST_PRIORITY = 0x100;
  private static final int NMI = 0x400;
  private static final int VCPU_0 = 0xfee00000;
  private static final int VCPU_1 = 0xfee01000;
  private static final int EVERYBODY = 0xfeeff000;

  /** A kernel with a VM of two vCPUs, an eventfd in an irqfd, and a device's vector with it. */
  private static final class Bench {
    final Kernel kernel;
    final Task task;
    final int vm;
    final int[] vcpus = new int[2];
    final int fd;
    final EventFd eventfd;
    final Vector vector;

    Bench(boolean apicv, boolean postedInterrupts) {
      HostConfiguration configuration =
          HostConfiguration.of(
              HostSpec.newBuilder()
                  .setKernel(KernelSpec.newBuilder().setApicv(apicv))
                  .setIommu(
                      IommuSpec.newBuilder()
                          .setInterruptRemapping(true)
                          .setPostedInterrupts(postedInterrupts))
                  .build());
      PhysicalMemory memory = new PhysicalMemory();
      kernel =
          new Kernel(
              configuration,
              new Machine(
                  memory,
                  new Iommu(configuration, memory),
                  List.of(),
                  List.of(),
                  List.of(),
                  List.of(),
                  new SevFirmware()),
              EventListener.NONE);
      task = new Task(1, Task.UNLIMITED, true, memory, kernel.mappings());
      vm = task.files().install(new KvmVmFile(kernel, new KvmVm(kernel, task.memory())));
      ioctl(vm, KvmRig.createIrqchip(vm));
      for (int i = 0; i < 2; i++) {
        vcpus[i] = (int) ioctl(vm, KvmRig.createVcpu(vm, i)).getKvmCreateVcpu().getRet();
        ioctl(vcpus[i], KvmRig.setLapic(vcpus[i], Map.of(0xf0, 0x1ff)));
      }
      fd = task.files().install(new EventFdFile(kernel.ids(), 0, 0, kernel.eventfds()));
      eventfd = EventFdFile.context(task, fd);
      vector = new Vector(eventfd);
      route(KvmRig.msi(GSI, VCPU_0, 0x41));
    }

    Result ioctl(int target, Operation.Builder operation) {
      return task.files().file(target).ioctl(task, operation.build());
    }

    void route(KvmIrqRoutingEntry... entries) {
      ioctl(vm, KvmRig.routing(vm, entries));
    }

    void assign() {
      ioctl(vm, KvmRig.irqfd(vm, fd, GSI, 0, 0));
    }

    void deassign() {
      ioctl(vm, KvmRig.irqfd(vm, fd, GSI, 1, 0));
    }

    Bench connected() {
      assign();
      kernel.irqBypass().registerProducer(vector);
      return this;
    }

    /** The device raises its interrupt; returns whether it was posted. */
    boolean raise() {
      boolean posted = vector.post();
      if (!posted) {
        eventfd.signal();
      }
      return posted;
    }

    boolean requested(int vcpu, int vectorNumber) {
      return (ioctl(vcpus[vcpu], KvmRig.getLapic(vcpus[vcpu]))
                  .getKvmGetLapic()
                  .getRegsMap()
                  .getOrDefault(0x200 + 16 * (vectorNumber / 32), 0)
              & (1 << vectorNumber % 32))
          != 0;
    }
  }

  /** A device's vector whose remapping entry may refuse. */
  private static final class Vector extends IrqBypassProducer {
    private boolean refuses;

    Vector(EventFd token) {
      super(token, "vector");
    }

    @Override
    public void setVcpuAffinity(@Nullable PostedInterrupt target) {
      if (refuses) {
        throw KernelError.invalid("the remapping entry cannot be set");
      }
      super.setVcpuAffinity(target);
    }
  }

  private static boolean posts(KvmIrqRoutingEntry... routes) {
    Bench bench = new Bench(true, true);
    bench.route(routes);
    bench.connected();
    return bench.vector.posting();
  }

  @Test
  void aMessageToOneVcpuInFixedOrLowestPriorityModeIsPosted() {
    assertThat(posts(KvmRig.msi(GSI, VCPU_0, 0x41))).isTrue();
    assertThat(posts(KvmRig.msi(GSI, VCPU_1, LOWEST_PRIORITY | 0x41))).isTrue();
    assertThat(posts(KvmRig.msi(GSI, VCPU_1, NMI | 0x41))).isFalse();
    assertThat(posts(KvmRig.msi(GSI, EVERYBODY, 0x41))).isFalse();
    assertThat(posts(KvmRig.msi(GSI, 0xfee05000, 0x41))).isFalse();
    assertThat(posts(KvmRig.pin(GSI, 2, 20))).isFalse();
    assertThat(posts()).isFalse();
  }

  @Test
  void theIommuAndTheVcpuMustBothBeAble() {
    assertThat(new Bench(true, true).connected().raise()).isTrue();
    assertThat(new Bench(false, true).connected().raise()).isFalse();
    assertThat(new Bench(true, false).connected().raise()).isFalse();
  }

  @Test
  void aPostedInterruptReachesTheVcpuWithoutTheEventfd() {
    Bench bench = new Bench(true, true).connected();
    assertThat(bench.raise()).isTrue();
    assertThat(bench.requested(0, 0x41)).isTrue();
    assertThat(bench.eventfd.count()).isZero();
    bench.eventfd.signal();
    var counts = bench.ioctl(bench.vm, guestIrqs(bench)).getGuestIrqs();
    assertThat(counts.getInjectedMap()).containsExactly(Map.entry(GSI, 2L));
    assertThat(counts.getPostedMap()).containsExactly(Map.entry(GSI, 1L));
  }

  private static Operation.Builder guestIrqs(Bench bench) {
    return Operation.newBuilder().setGuestIrqs(GuestIrqsRequest.newBuilder().setTargetFd(bench.vm));
  }

  @Test
  void aNewRouteTakesThePostingAlong() {
    Bench bench = new Bench(true, true).connected();
    bench.route(KvmRig.msi(GSI, VCPU_1, 0x42));
    assertThat(bench.raise()).isTrue();
    assertThat(bench.requested(1, 0x42)).isTrue();
    assertThat(bench.requested(0, 0x41)).isFalse();
    bench.route(KvmRig.msi(GSI, EVERYBODY, 0x42));
    assertThat(bench.raise()).isFalse();
    bench.route(KvmRig.msi(GSI, VCPU_0, 0x43));
    assertThat(bench.raise()).isTrue();
    bench.route(KvmRig.pin(GSI, 2, 20));
    assertThat(bench.raise()).isFalse();
  }

  /** vmx_pi_update_irte returns before it touches the entry. */
  @Test
  void withoutARouteTheEntryStaysAsItWas() {
    Bench bench = new Bench(true, true).connected();
    bench.route();
    assertThat(bench.raise()).isTrue();
    assertThat(bench.requested(0, 0x41)).isTrue();
  }

  @Test
  void theEntryGoesBackToTheHostWhenEitherSideGoes() {
    Bench bench = new Bench(true, true).connected();
    bench.deassign();
    assertThat(bench.raise()).isFalse();
    assertThat(bench.eventfd.count()).isOne();
    bench.eventfd.take();
    bench.assign();
    assertThat(bench.raise()).isTrue();
    bench.kernel.irqBypass().unregisterProducer(bench.vector);
    assertThat(bench.vector.posting()).isFalse();
    bench.kernel.irqBypass().registerProducer(bench.vector);
    bench.task.close(bench.vm);
    assertThat(bench.vector.posting()).isFalse();
    assertThat(bench.kernel.irqBypass().consumers()).isEmpty();
  }

  @Test
  void onlyTheProcessThatMadeTheVmMayUseItsFiles() {
    Bench bench = new Bench(true, true);
    Task other =
        new Task(2, Task.UNLIMITED, true, bench.kernel.machine().memory(), bench.kernel.mappings());
    for (int fd : new int[] {bench.vm, bench.vcpus[0]}) {
      assertThatThrownBy(() -> bench.task.files().file(fd).ioctl(other, guestIrqs(bench).build()))
          .isInstanceOfSatisfying(
              KernelError.class, error -> assertThat(error.errno()).isEqualTo(Errno.EIO));
    }
  }

  @Test
  void anEntryThatCannotBeSetFailsTheConnectAndNotTheIoctl() {
    Bench bench = new Bench(true, true);
    bench.kernel.irqBypass().registerProducer(bench.vector);
    bench.vector.refuses = true;
    bench.assign();
    assertThat(bench.kernel.irqBypass().connected()).isZero();
    assertThat(bench.raise()).isFalse();
    assertThat(bench.requested(0, 0x41)).isTrue();
  }

  @Test
  void anEntryThatCannotBeSetForANewRouteStaysAsItWas() {
    Bench bench = new Bench(true, true).connected();
    bench.vector.refuses = true;
    bench.route(KvmRig.msi(GSI, VCPU_1, 0x42));
    assertThat(bench.raise()).isTrue();
    assertThat(bench.requested(0, 0x41)).isTrue();
  }
}
