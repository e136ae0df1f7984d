package io.virtrig.emulator.vmm;

import static io.virtrig.emulator.vmm.VmmRig.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.v1.Errno;
import io.virtrig.v1.GuestConfigReadRequest;
import io.virtrig.v1.GuestConfigWriteRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.VmmCall;
import io.virtrig.v1.VmmFdsRequest;
import io.virtrig.v1.VmmStartRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** VMMs on a kernel of which one call fails. */
class FailingCallTest {

  /** A host whose VMMs' calls fail at will; close and exit never do. */
  private static final class Failing implements AutoCloseable {
    final VmmRig rig;
    final Vmms vmms;
    private Predicate<Operation> failing = _ -> false;
    final List<String> seen = new ArrayList<>();
    private int calls;
    private int failAt = Integer.MAX_VALUE;
    private boolean failed;
    private boolean ended;

    Failing(HostSpec.Builder spec) {
      rig = new VmmRig(spec);
      HostConfiguration configuration = HostConfiguration.of(spec.build());
      vmms = new Vmms(configuration, this::call, rig.rig.host().events());
    }

    private Result call(Operation operation) {
      seen.add(operation.getOpCase().name());
      boolean counts = !operation.hasClose() && !operation.hasExit() && !operation.hasMunmap();
      if (counts && (++calls == failAt || failing.test(operation))) {
        failed = true;
        return Result.newBuilder()
            .setErrno(Errno.newBuilder().setName("ENOMEM").setOperation("a call"))
            .build();
      }
      Result result = rig.rig.apply(operation.toBuilder());
      if (operation.hasExit()) {
        ended = true;
        vmms.exited(operation.getExit().getPid());
      }
      return result;
    }

    void failAt(int number) {
      failAt = calls + number;
      failed = false;
    }

    void fail(Predicate<Operation> which) {
      failing = which;
    }

    int start(VmmStartRequest request) {
      return vmms.start(request).getVmmStart().getFd();
    }

    List<VmmCall> msi(int vm, boolean enable) {
      return vmms.configWrite(
              GuestConfigWriteRequest.newBuilder()
                  .setTargetFd(vm)
                  .setDevice("nic0")
                  .setCapability("msi")
                  .setEnable(enable)
                  .build())
          .getGuestConfigWrite()
          .getCallsList();
    }

    int eventfds(int vm) {
      return vmms.fds(VmmFdsRequest.newBuilder().setTargetFd(vm).build())
          .getVmmFds()
          .getOpenEventfds();
    }

    @Override
    public void close() {
      rig.close();
    }
  }

  private static VmmStartRequest startRequest(String model) {
    return model.startsWith("qemu")
        ? start(model, modern(), "nic0").getVmmStart()
        : kvmtool(model, "nic0").getVmmStart();
  }

  /** Whichever call fails, a VM that does not start leaves no descriptor, memory or mapping. */
  @ParameterizedTest
  @ValueSource(strings = {"qemu-vsva-rfcv9", "kvmtool-before", "kvmtool-v4"})
  void aStartThatFailsLeavesNothingBehind(String model) {
    int refused = 0;
    for (int number = 1; ; number++) {
      try (Failing host = new Failing(host("vsva-v6", nic(0)))) {
        host.failAt(number);
        try {
          host.start(startRequest(model));
        } catch (KernelError e) {
          refused++;
          if (!host.ended) {
            assertThat(host.rig.rig.eventfd(0)).as("call %s of %s", number, model).isEqualTo(3);
            host.rig.rig.close(3);
          }
          host.rig.assertNothingIsLeft();
          continue;
        }
        if (!host.failed) {
          break;
        }
        host.rig.rig.exit(1);
        host.rig.assertNothingIsLeft();
      }
    }
    assertThat(refused).isGreaterThan(10);
  }

  /** Whichever call fails while a guest turns messages on and off, the VM's end takes all along. */
  @ParameterizedTest
  @ValueSource(strings = {"qemu-vsva-rfcv9", "kvmtool-before", "kvmtool-v4"})
  void interruptsThatFailOnTheWayEndWithTheProcess(String model) {
    boolean failed = true;
    for (int number = 1; failed; number++) {
      try (Failing host = new Failing(host("vsva-v6", nic(0)))) {
        int vm = host.start(startRequest(model));
        host.failAt(number);
        for (boolean enable : new boolean[] {true, false, true, false}) {
          try {
            host.msi(vm, enable);
          } catch (KernelError e) {
            assertThat(e.errno().name()).isEqualTo("ENOMEM");
          } catch (Refused _) {
            break; // It has aborted.
          }
        }
        failed = host.failed;
        if (!host.ended) {
          host.rig.rig.exit(1);
        }
        host.rig.assertNothingIsLeft();
      }
    }
  }

  private static List<String> then(List<String> first, List<String> more) {
    List<String> all = new ArrayList<>(first);
    all.addAll(more);
    return all;
  }

  private static List<String> then(List<String> first, String... more) {
    return then(first, List.of(more));
  }

  private static boolean enablesLine(Operation operation, int action) {
    return operation.hasVfioDeviceSetIrqs()
        && operation.getVfioDeviceSetIrqs().getIndex() == 0
        && operation.getVfioDeviceSetIrqs().getDataCount() == 1
        && (operation.getVfioDeviceSetIrqs().getFlags() & action) != 0;
  }

  /** enable_intx at the end of messages: each step that fails undoes those before, in reverse. */
  @Test
  void aLineOfKvmtoolThatCannotBeEnabledIsUndoneInReverse() {
    List<Predicate<Operation>> steps =
        List.of(
            Operation::hasEventfd,
            Operation::hasKvmIrqfd,
            operation -> enablesLine(operation, 32),
            operation -> enablesLine(operation, 16));
    List<String> all = List.of("EVENTFD", "EVENTFD", "KVM_IRQFD", "VFIO_DEVICE_SET_IRQS");
    List<List<String>> undone =
        List.of(
            List.of("EVENTFD"),
            List.of("EVENTFD", "EVENTFD", "KVM_IRQFD", "CLOSE", "CLOSE"),
            then(all, "KVM_IRQFD", "CLOSE", "CLOSE"),
            then(
                all,
                "VFIO_DEVICE_SET_IRQS",
                "VFIO_DEVICE_SET_IRQS",
                "KVM_IRQFD",
                "CLOSE",
                "CLOSE"));
    for (int i = 0; i < steps.size(); i++) {
      try (Failing host = new Failing(host("mainline", nic(0)))) {
        int vm = host.start(startRequest("kvmtool-v4"));
        host.msi(vm, true);
        int vectors = host.eventfds(vm);
        Predicate<Operation> step = steps.get(i);
        host.fail(
            operation ->
                step.test(operation)
                    && (!operation.hasKvmIrqfd() || operation.getKvmIrqfd().getFlags() == 2));
        host.seen.clear();
        assertThatThrownBy(() -> host.msi(vm, false)).isInstanceOf(KernelError.class);
        assertThat(host.seen)
            .isEqualTo(then(List.of("PWRITE", "VFIO_DEVICE_SET_IRQS"), undone.get(i)));
        assertThat(host.eventfds(vm)).as("step %s", i).isEqualTo(vectors);
        host.fail(_ -> false);
        List<VmmCall> again = host.msi(vm, true);
        assertThat(again)
            .as("nothing to disable: INTx is off")
            .extracting(VmmCall::getCall)
            .containsExactly("VFIO_DEVICE_SET_IRQS");
        assertThat(host.msi(vm, false))
            .extracting(VmmCall::getCall)
            .contains("eventfd", "KVM_IRQFD");
      }
    }
  }

  /** QEMU then reads the eventfd, and raises the line, when its main loop comes to it. */
  @Test
  void aLineOfQemuWithoutAnIrqfdIsRaisedByItself() {
    try (Failing host = new Failing(host("vsva-v6", nic(0)))) {
      host.fail(operation -> operation.hasKvmIrqfd() && operation.getKvmIrqfd().getFlags() == 2);
      host.rig.vm = host.start(startRequest("qemu-vsva-rfcv9"));
      assertThat(host.eventfds(host.rig.vm)).as("trigger, err, req").isEqualTo(3);
      host.rig.withLapic().programPin(22);
      host.rig.raise(0, 0);
      assertThat(host.rig.requested()).isFalse();
      host.seen.clear();
      var _ =
          host.vmms.configRead(
              GuestConfigReadRequest.newBuilder()
                  .setTargetFd(host.rig.vm)
                  .setDevice("nic0")
                  .setSize(4)
                  .build());
      assertThat(host.seen).containsExactly("READ", "KVM_IRQ_LINE_STATUS", "PREAD");
      assertThat(host.rig.requested()).isTrue();
      host.seen.clear();
      host.msi(host.rig.vm, true);
      assertThat(host.seen).as("it lowers the line again").contains("KVM_IRQ_LINE_STATUS");
      host.rig.rig.exit(1);
      host.rig.assertNothingIsLeft();
    }
  }
}
