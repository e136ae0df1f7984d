package io.virtrig.emulator.kernel.kvm;

import static org.assertj.core.api.Assertions.fail;

import io.virtrig.v1.CloseRequest;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.KvmIrqLineStatusRequest;
import io.virtrig.v1.KvmIrqRoutingEntry;
import io.virtrig.v1.Operation;
import io.virtrig.v1.ReadRequest;
import io.virtrig.v1.Result;
import io.virtrig.v1.WriteRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random sequences of routing, irqfd, ioeventfd and line operations against a model written from
 * the specification: lists that are searched one by one. All I/O APIC pins stay masked.
 */
class RandomInterruptTest {
  private static final int SEQUENCES = 3000;
  private static final int STEPS = 50;
  private static final int EVENTFDS = 4;
  private static final int NO_FD = 9999;

  @Test
  void theHostAgreesWithTheModel() {
    SplittableRandom seeds = new SplittableRandom(20200807);
    for (int i = 0; i < SEQUENCES; i++) {
      long seed = seeds.nextLong();
      List<Step> steps = sequence(new SplittableRandom(seed));
      String difference = run(steps);
      if (difference != null) {
        List<Step> least = Sequences.shrink(steps, shorter -> run(shorter) != null);
        fail("seed %d: %s%nshrunk to %s:%n%s", seed, difference, run(least), least);
      }
    }
  }

  private static @Nullable String run(List<Step> steps) {
    try (KvmRig rig = new KvmRig()) {
      rig.rig.ok(KvmRig.createIrqchip(rig.vm));
      int[] vcpus = {rig.vcpu(0), rig.vcpu(1)};
      rig.enableLapic(vcpus[0]);
      rig.enableLapic(vcpus[1]);
      int[] fds = new int[EVENTFDS];
      for (int i = 0; i < EVENTFDS; i++) {
        fds[i] = rig.rig.eventfd(0);
      }
      Model model = new Model();
      for (Step step : steps) {
        Result result = rig.rig.apply(step.operation(rig.vm, fds));
        String expected = step.expected(model);
        if (step instanceof Reopen) {
          rig.rig.ok(Operation.newBuilder().setEventfd(EventfdRequest.newBuilder().setInitval(0)));
        }
        String got = outcome(result);
        String state =
            rig.irqs(rig.vm).getInjectedMap()
                + " "
                + vectors(rig, vcpus[0])
                + vectors(rig, vcpus[1])
                + " pic "
                + (rig.irqchip(0).getIrr() | rig.irqchip(1).getIrr() << 8)
                + " ioapic "
                + rig.irqchip(2).getIrr();
        if (!expected.equals(got) || !model.state().equals(state)) {
          return step + ": expected " + expected + model.state() + ", got " + got + state;
        }
      }
      return null;
    }
  }

  private static Set<Integer> vectors(KvmRig rig, int vcpu) {
    Set<Integer> vectors = new TreeSet<>();
    var registers = rig.lapic(vcpu);
    for (int vector = 0; vector < 256; vector++) {
      if ((registers.getOrDefault(0x200 + 16 * (vector / 32), 0) & (1 << vector % 32)) != 0) {
        vectors.add(vector);
      }
    }
    return vectors;
  }

  private static String outcome(Result result) {
    if (result.hasErrno()) {
      return result.getErrno().getName();
    }
    return switch (result.getResponseCase()) {
      case READ -> Long.toString(result.getRead().getValue());
      case GUEST_WRITE -> result.getGuestWrite().getExit();
      case KVM_IRQ_LINE_STATUS -> Integer.toString(result.getKvmIrqLineStatus().getStatus());
      default -> result.hasRefusal() ? "refused" : "OK";
    };
  }

  private static List<Step> sequence(SplittableRandom random) {
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < STEPS; i++) {
      int fd = random.nextInt(40) == 0 ? NO_FD : random.nextInt(EVENTFDS);
      int gsi = random.nextInt(6);
      steps.add(
          switch (random.nextInt(16)) {
            case 0, 1, 2 -> irqfd(random, fd, gsi);
            case 3, 4, 5 -> new Write(random.nextInt(EVENTFDS), random.nextInt(4));
            case 6, 7 -> new Read(random.nextInt(EVENTFDS));
            case 8, 9 -> routing(random);
            case 10, 11 -> ioeventfd(random, fd);
            case 12, 13 ->
                new GuestWrite(
                    0x1000 + 0x10L * random.nextInt(2), 1 << random.nextInt(3), random.nextInt(3));
            case 14 -> new Line(gsi, random.nextBoolean());
            default -> new Reopen(random.nextInt(EVENTFDS));
          });
    }
    return steps;
  }

  private static Step irqfd(SplittableRandom random, int fd, int gsi) {
    int flags = random.nextInt(50) == 0 ? 4 : random.nextInt(4);
    return new Irqfd(fd, gsi, flags, random.nextInt(EVENTFDS));
  }

  private static Step routing(SplittableRandom random) {
    List<KvmIrqRoutingEntry> entries = new ArrayList<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      int gsi = random.nextInt(80) == 0 ? 4096 : random.nextInt(6);
      if (random.nextInt(2) == 0) {
        int destination = random.nextInt(4) == 0 ? 0xff : random.nextInt(3);
        entries.add(KvmRig.msi(gsi, 0xfee00000 | destination << 12, 0x30 + random.nextInt(64)));
      } else {
        entries.add(KvmRig.pin(gsi, random.nextInt(3), random.nextInt(9)));
      }
    }
    return new Routing(entries);
  }

  private static Step ioeventfd(SplittableRandom random, int fd) {
    int length = random.nextInt(12) == 0 ? 3 : new int[] {0, 1, 2, 4}[random.nextInt(4)];
    return new Ioeventfd(
        fd,
        0x1000 + 0x10L * random.nextInt(2),
        length,
        random.nextInt(2) | (random.nextInt(3) == 0 ? 4 : 0),
        random.nextInt(3));
  }

  /** An operation, and what the model says about it. */
  private sealed interface Step {
    Operation.Builder operation(int vm, int[] fds);

    String expected(Model model);

    static int fd(int[] fds, int index) {
      return index == NO_FD ? NO_FD : fds[index];
    }
  }

  private record Irqfd(int fd, int gsi, int flags, int resamplefd) implements Step {
    @Override
    public Operation.Builder operation(int vm, int[] fds) {
      return KvmRig.irqfd(vm, Step.fd(fds, fd), gsi, flags, fds[resamplefd]);
    }

    @Override
    public String expected(Model model) {
      if ((flags & ~3) != 0) {
        return "EINVAL";
      }
      if (fd == NO_FD) {
        return "EBADF";
      }
      if ((flags & 1) != 0) {
        model.irqfds.stream()
            .filter(irqfd -> irqfd.trigger.equals(model.fds[fd]) && irqfd.gsi == gsi)
            .findFirst()
            .ifPresent(model::remove);
        return "OK";
      }
      if (model.irqfds.stream().anyMatch(irqfd -> irqfd.trigger.equals(model.fds[fd]))) {
        if (flags == 2) {
          model.lowerIfUnused(gsi);
        }
        return "EBUSY";
      }
      ModelIrqfd irqfd =
          new ModelIrqfd(model.fds[fd], gsi, flags == 2 ? model.fds[resamplefd] : null);
      model.irqfds.add(irqfd);
      if (irqfd.trigger.count != 0) {
        model.inject(irqfd);
      }
      return "OK";
    }
  }

  private record Write(int fd, int value) implements Step {
    @Override
    public Operation.Builder operation(int vm, int[] fds) {
      return Operation.newBuilder()
          .setWrite(WriteRequest.newBuilder().setTargetFd(fds[fd]).setValue(value));
    }

    @Override
    public String expected(Model model) {
      model.signal(model.fds[fd], value);
      return "OK";
    }
  }

  private record Read(int fd) implements Step {
    @Override
    public Operation.Builder operation(int vm, int[] fds) {
      return Operation.newBuilder().setRead(ReadRequest.newBuilder().setTargetFd(fds[fd]));
    }

    @Override
    public String expected(Model model) {
      long count = model.fds[fd].count;
      model.fds[fd].count = 0;
      return count == 0 ? "EAGAIN" : Long.toString(count);
    }
  }

  /** The eventfd is closed, and a new one takes its number. */
  private record Reopen(int fd) implements Step {
    @Override
    public Operation.Builder operation(int vm, int[] fds) {
      return Operation.newBuilder().setClose(CloseRequest.newBuilder().setTargetFd(fds[fd]));
    }

    @Override
    public String expected(Model model) {
      model.irqfds.stream()
          .filter(irqfd -> irqfd.trigger.equals(model.fds[fd]))
          .findFirst()
          .ifPresent(model::remove);
      model.fds[fd] = new ModelEventFd();
      return "OK";
    }
  }

  private record Routing(List<KvmIrqRoutingEntry> entries) implements Step {
    @Override
    public Operation.Builder operation(int vm, int[] fds) {
      return KvmRig.routing(vm, entries.toArray(KvmIrqRoutingEntry[]::new));
    }

    @Override
    public String expected(Model model) {
      for (int i = 0; i < entries.size(); i++) {
        KvmIrqRoutingEntry entry = entries.get(i);
        if (entry.getGsi() >= 4096) {
          return "EINVAL";
        }
        int chip = entry.getIrqchip().getIrqchip();
        if (entry.getType() == 1 && entry.getIrqchip().getPin() >= (chip == 2 ? 24 : 8)) {
          return "EINVAL";
        }
        for (KvmIrqRoutingEntry before : entries.subList(0, i)) {
          boolean differentChips =
              before.getType() == 1
                  && entry.getType() == 1
                  && before.getIrqchip().getIrqchip() != chip;
          if (before.getGsi() == entry.getGsi() && !differentChips) {
            return "EINVAL";
          }
        }
      }
      model.routes = entries;
      return "OK";
    }
  }

  private record Ioeventfd(int fd, long address, int length, int flags, long datamatch)
      implements Step {
    @Override
    public Operation.Builder operation(int vm, int[] fds) {
      return KvmRig.ioeventfd(vm, Step.fd(fds, fd), address, length, flags, datamatch);
    }

    @Override
    public String expected(Model model) {
      boolean match = (flags & 1) != 0;
      if ((flags & 4) != 0) {
        if (fd == NO_FD) {
          return "EBADF";
        }
        boolean removed =
            model.ioeventfds.removeIf(
                there ->
                    there.eventfd.equals(model.fds[fd])
                        && there.of.address == address
                        && there.of.length == length
                        && there.match() == match
                        && (!match || there.of.datamatch == datamatch));
        return removed ? "OK" : "ENOENT";
      }
      if (length == 3 || (length == 0 && match)) {
        return "EINVAL";
      }
      if (fd == NO_FD) {
        return "EBADF";
      }
      for (ModelIoeventfd there : model.ioeventfds) {
        if (there.of.address == address
            && (there.of.length == 0
                || length == 0
                || (there.of.length == length
                    && (!match || !there.match() || there.of.datamatch == datamatch)))) {
          return "EEXIST";
        }
      }
      model.ioeventfds.add(new ModelIoeventfd(model.fds[fd], this));
      return "OK";
    }
  }

  private record GuestWrite(long address, int length, int value) implements Step {
    @Override
    public Operation.Builder operation(int vm, int[] fds) {
      byte[] bytes = new byte[length];
      bytes[0] = (byte) value;
      return KvmRig.guestWrite(vm, address, bytes);
    }

    @Override
    public String expected(Model model) {
      for (ModelIoeventfd there : model.ioeventfds) {
        if (there.of.address == address
            && (there.of.length == 0
                || (there.of.length == length
                    && (!there.match() || there.of.datamatch == value)))) {
          model.signal(there.eventfd, 1);
          return "none";
        }
      }
      return "KVM_EXIT_MMIO";
    }
  }

  private record Line(int gsi, boolean up) implements Step {
    @Override
    public Operation.Builder operation(int vm, int[] fds) {
      return Operation.newBuilder()
          .setKvmIrqLineStatus(
              KvmIrqLineStatusRequest.newBuilder()
                  .setTargetFd(vm)
                  .setIrq(gsi)
                  .setLevel(up ? 1 : 0));
    }

    @Override
    public String expected(Model model) {
      return Integer.toString(model.set(gsi, 0, up));
    }
  }

  private static final class ModelEventFd {
    long count;
  }

  private record ModelIrqfd(ModelEventFd trigger, int gsi, @Nullable ModelEventFd resample) {}

  private record ModelIoeventfd(ModelEventFd eventfd, Ioeventfd of) {
    boolean match() {
      return (of.flags & 1) != 0;
    }
  }

  private static final class Model {
    final ModelEventFd[] fds = new ModelEventFd[EVENTFDS];
    final List<ModelIrqfd> irqfds = new ArrayList<>();
    final List<ModelIoeventfd> ioeventfds = new ArrayList<>();
    List<KvmIrqRoutingEntry> routes = new ArrayList<>();
    final TreeMap<Integer, Long> injected = new TreeMap<>();
    final List<TreeSet<Integer>> requested = List.of(new TreeSet<>(), new TreeSet<>());

    /** Pins held up: chip, pin, source. */
    final TreeSet<String> held = new TreeSet<>();

    final boolean[] picLast = new boolean[16];
    final boolean[] picRequest = new boolean[16];
    int ioapicRequests;

    Model() {
      Arrays.setAll(fds, i -> new ModelEventFd());
      for (int gsi = 0; gsi < 16; gsi++) {
        routes.add(KvmRig.pin(gsi, 2, gsi));
        routes.add(KvmRig.pin(gsi, gsi / 8, gsi % 8));
      }
    }

    String state() {
      int pic = 0;
      for (int pin = 0; pin < 16; pin++) {
        pic |= picRequest[pin] ? 1 << pin : 0;
      }
      return injected
          + " "
          + requested.get(0)
          + requested.get(1)
          + " pic "
          + pic
          + " ioapic "
          + ioapicRequests;
    }

    void signal(ModelEventFd eventfd, long n) {
      eventfd.count += n;
      for (ModelIrqfd irqfd : irqfds) {
        if (irqfd.trigger.equals(eventfd)) {
          eventfd.count = 0;
          inject(irqfd);
          return;
        }
      }
    }

    void inject(ModelIrqfd irqfd) {
      if (irqfd.resample != null) {
        set(irqfd.gsi, 1, true);
      } else {
        set(irqfd.gsi, 0, true);
        set(irqfd.gsi, 0, false);
      }
    }

    void remove(ModelIrqfd irqfd) {
      irqfds.remove(irqfd);
      if (irqfd.resample != null) {
        lowerIfUnused(irqfd.gsi);
      }
    }

    void lowerIfUnused(int gsi) {
      if (irqfds.stream().noneMatch(irqfd -> irqfd.gsi == gsi && irqfd.resample != null)) {
        set(gsi, 1, false);
      }
    }

    int set(int gsi, int source, boolean up) {
      int status = -1;
      for (KvmIrqRoutingEntry route : routes) {
        if (route.getGsi() == gsi) {
          int one = route.getType() == 2 ? message(route, up) : pin(route, source, up);
          status = one < 0 ? status : Math.max(status, 0) + one;
        }
      }
      return status;
    }

    private int message(KvmIrqRoutingEntry route, boolean up) {
      if (!up) {
        return -1;
      }
      int destination = (route.getMsi().getAddressLo() >> 12) & 0xff;
      int taken = 0;
      for (int vcpu = 0; vcpu < 2; vcpu++) {
        if (destination == 0xff || destination == vcpu) {
          requested.get(vcpu).add(route.getMsi().getData() & 0xff);
          taken++;
        }
      }
      if (taken > 0) {
        injected.merge(route.getGsi(), 1L, Long::sum);
      }
      return taken;
    }

    private int pin(KvmIrqRoutingEntry route, int source, boolean up) {
      int chip = route.getIrqchip().getIrqchip();
      int pin = route.getIrqchip().getPin();
      String line = (chip == 2 ? "ioapic " : "pic ") + (chip == 1 ? pin + 8 : pin) + " by ";
      if (up) {
        held.add(line + source);
      } else {
        held.remove(line + source);
      }
      boolean level = held.contains(line + 0) || held.contains(line + 1);
      if (chip == 2) {
        boolean before = (ioapicRequests & 1 << pin) != 0;
        ioapicRequests = level ? ioapicRequests | 1 << pin : ioapicRequests & ~(1 << pin);
        return !level ? 1 : before ? 0 : -1;
      }
      int status = edge(chip == 1 ? pin + 8 : pin, level);
      for (int slave = 8; slave < 16; slave++) {
        if (picRequest[slave]) {
          edge(2, true);
          edge(2, false);
          break;
        }
      }
      return status;
    }

    private int edge(int pin, boolean up) {
      boolean lost = up && !picLast[pin] && picRequest[pin];
      picRequest[pin] |= up && !picLast[pin];
      picLast[pin] = up;
      return lost ? 0 : 1;
    }
  }
}
