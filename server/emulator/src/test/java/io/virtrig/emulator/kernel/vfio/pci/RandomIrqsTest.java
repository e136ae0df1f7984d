package io.virtrig.emulator.kernel.vfio.pci;

import static io.virtrig.uapi.Vfio.*;

import io.virtrig.emulator.kernel.vfio.Sequences;
import io.virtrig.emulator.kernel.vfio.VfioRig;
import io.virtrig.v1.HwLowerIrqRequest;
import io.virtrig.v1.HwRaiseIrqRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.WriteRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Random SET_IRQS calls, interrupts and config writes against a plain model of the rules. */
class RandomIrqsTest {
  private static final int SEQUENCES = 1500;
  private static final int STEPS = 50;
  private static final int EVENTFDS = 4;
  private static final int BAD = EVENTFDS;
  private static final int NONE = -1;
  private static final int[] COUNTS = {1, 4, 8, 1, 1};

  private enum Act {
    SET,
    RAISE,
    LOWER,
    WRITE,
    DISABLE_BIT
  }

  private record Step(
      Act act, int index, int start, int count, int kind, int action, List<Integer> data) {}

  @Test
  void interruptsDoWhatThePlainModelSays() {
    for (long seed = 0; seed < SEQUENCES; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      List<Step> steps = new ArrayList<>();
      for (int i = 0; i < STEPS; i++) {
        steps.add(step(random));
      }
      Sequences.check(seed, steps, RandomIrqsTest::run);
    }
  }

  private static Step step(SplittableRandom random) {
    Act act = random.nextInt(2) == 0 ? Act.SET : Act.values()[random.nextInt(5)];
    int index = random.nextInt(3) == 0 ? random.nextInt(5) : random.nextInt(2) * 2;
    boolean whole = random.nextInt(2) == 0;
    int start = whole ? 0 : random.nextInt(COUNTS[index] + 1);
    int count = random.nextInt(Math.min(4, COUNTS[index]) + 1);
    int kind = 1 << random.nextInt(3);
    int action = 8 << (random.nextInt(2) == 0 ? 2 : random.nextInt(3));
    List<Integer> data = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      data.add(
          kind == VFIO_IRQ_SET_DATA_BOOL
              ? random.nextInt(2)
              : random.nextInt(12) == 0 ? BAD : random.nextInt(EVENTFDS + 1) - 1);
    }
    return new Step(act, index, start, count, kind, action, data);
  }

  private static @Nullable String run(List<Step> steps) {
    Model model = new Model();
    try (VfioRig rig = new VfioRig()) {
      rig.busMaster();
      int[] fds = new int[EVENTFDS + 1];
      for (int i = 0; i < EVENTFDS; i++) {
        fds[i] = rig.rig.eventfd(0);
      }
      fds[BAD] = 999;
      for (Step step : steps) {
        String expected = model.apply(step);
        Result result = rig.rig.apply(operation(rig, step, fds));
        if (result.hasRefusal() || !expected.equals(result.getErrno().getName())) {
          return step + ": expected \"" + expected + "\", got " + result;
        }
        for (int i = 0; i < EVENTFDS; i++) {
          long count = rig.rig.read(fds[i]);
          if (count != model.counts[i]) {
            return step + ": eventfd " + i + " has " + count + ", not " + model.counts[i];
          }
          model.counts[i] = 0;
        }
      }
    }
    return null;
  }

  private static Operation.Builder operation(VfioRig rig, Step step, int[] fds) {
    return switch (step.act) {
      case SET -> {
        long[] data =
            step.data.stream()
                .mapToLong(
                    value ->
                        step.kind == VFIO_IRQ_SET_DATA_EVENTFD && value >= 0 ? fds[value] : value)
                .toArray();
        yield rig.setIrqs(
            step.kind | step.action,
            step.index,
            step.start,
            step.count,
            step.kind == VFIO_IRQ_SET_DATA_NONE ? new long[0] : data);
      }
      case RAISE ->
          Operation.newBuilder()
              .setHwRaiseIrq(
                  HwRaiseIrqRequest.newBuilder()
                      .setDevice(VfioRig.DEVICE)
                      .setIndex(step.index)
                      .setSubindex(step.start % COUNTS[step.index]));
      case LOWER ->
          Operation.newBuilder()
              .setHwLowerIrq(HwLowerIrqRequest.newBuilder().setDevice(VfioRig.DEVICE));
      case WRITE ->
          Operation.newBuilder()
              .setWrite(
                  WriteRequest.newBuilder().setTargetFd(fds[step.count % EVENTFDS]).setValue(1));
      case DISABLE_BIT -> rig.pwrite(VfioRig.CONFIG + 5, step.count % 2 == 0 ? "00" : "04");
    };
  }

  /** The rules of spec and kernel, without their structure. */
  private static final class Model {
    final long[] counts = new long[EVENTFDS];
    private int mode = NONE;
    private int[] triggers = {};
    private boolean[] pending = {};
    private int error = NONE;
    private int request = NONE;
    private int unmask = NONE;
    private boolean masked;
    private boolean disabled;
    private boolean line;
    private boolean sending;

    String apply(Step step) {
      switch (step.act) {
        case SET -> {
          return set(step);
        }
        case RAISE -> raise(step.index, step.start % COUNTS[step.index]);
        case LOWER -> line = false;
        case WRITE -> signal(step.count % EVENTFDS);
        case DISABLE_BIT -> disable(step.count % 2 != 0);
      }
      return "";
    }

    private void signal(int fd) {
      if (fd == NONE) {
        return;
      }
      counts[fd]++;
      if (fd == unmask) {
        counts[fd] = 0;
        unmask();
      }
    }

    private void raise(int index, int vector) {
      switch (index) {
        case 0 -> {
          line = true;
          level();
        }
        case 3 -> signal(error);
        case 4 -> signal(request);
        default -> {
          if (mode != index) {
            return;
          }
          // MSI is enabled for a power of two; the kernel has no handler beyond what was asked.
          if (vector < triggers.length && triggers[vector] != NONE) {
            signal(triggers[vector]);
          } else if (index == 2) {
            if (vector < pending.length) {
              pending[vector] = true;
            }
          }
        }
      }
    }

    private void level() {
      if (mode == 0 && line && !masked) {
        masked = true;
        send();
      }
    }

    private void send() {
      if (!disabled && !sending) {
        sending = true;
        signal(triggers[0]);
        sending = false;
      }
    }

    private void unmask() {
      if (mode == 0 && masked && !disabled) {
        if (line) {
          send();
        } else {
          masked = false;
        }
      }
    }

    private void disable(boolean on) {
      if (on == disabled) {
        return;
      }
      disabled = on;
      if (mode == 0) {
        if (on) {
          masked = true;
        } else {
          unmask();
        }
      }
    }

    private String set(Step s) {
      if (s.start >= COUNTS[s.index] || s.start + s.count > COUNTS[s.index]) {
        return "EINVAL";
      }
      boolean trigger = s.action == VFIO_IRQ_SET_ACTION_TRIGGER;
      if (s.index != 0 && !trigger) {
        return "ENOTTY";
      }
      return switch (s.index) {
        case 0 -> trigger ? triggerIntx(s) : maskIntx(s);
        case 3, 4 -> single(s);
        default -> messages(s);
      };
    }

    private String maskIntx(Step s) {
      boolean unmasks = s.action == VFIO_IRQ_SET_ACTION_UNMASK;
      if (mode != 0 || s.start != 0 || s.count != 1) {
        return "EINVAL";
      }
      if (s.kind == VFIO_IRQ_SET_DATA_EVENTFD) {
        if (!unmasks) {
          return "ENOTTY";
        }
        int fd = s.data.getFirst();
        if (fd == NONE) {
          unmask = NONE;
        } else if (fd == BAD) {
          return "EBADF";
        } else if (unmask != NONE) {
          return "EBUSY";
        } else {
          unmask = fd;
        }
        return "";
      }
      if (s.kind == VFIO_IRQ_SET_DATA_NONE || s.data.getFirst() != 0) {
        if (unmasks) {
          unmask();
        } else {
          masked = true;
        }
      }
      return "";
    }

    private String triggerIntx(Step s) {
      if (mode == 0 && s.count == 0 && s.kind == VFIO_IRQ_SET_DATA_NONE) {
        mode = NONE;
        unmask = NONE;
        return "";
      }
      if ((mode != NONE && mode != 0) || s.start != 0 || s.count != 1) {
        return "EINVAL";
      }
      if (s.kind == VFIO_IRQ_SET_DATA_EVENTFD) {
        int fd = s.data.getFirst();
        if (fd == BAD) {
          return "EBADF";
        }
        triggers = new int[] {fd};
        if (mode == NONE) {
          mode = 0;
          masked = disabled;
          level();
        }
        return "";
      }
      if (mode != 0) {
        return "EINVAL";
      }
      if (s.kind == VFIO_IRQ_SET_DATA_NONE || s.data.getFirst() != 0) {
        send();
      }
      return "";
    }

    private String messages(Step s) {
      if (mode == s.index && s.count == 0 && s.kind == VFIO_IRQ_SET_DATA_NONE) {
        mode = NONE;
        return "";
      }
      if (mode != NONE && mode != s.index) {
        return "EINVAL";
      }
      int end = s.start + s.count;
      if (s.kind == VFIO_IRQ_SET_DATA_EVENTFD) {
        boolean enabling = mode == NONE;
        if (enabling && end == 0) {
          return "ERANGE";
        }
        if (enabling) {
          triggers = new int[end];
          Arrays.fill(triggers, NONE);
          pending = new boolean[COUNTS[s.index]];
        }
        if (end > triggers.length || s.start >= triggers.length) {
          return "EINVAL";
        }
        mode = s.index;
        for (int i = 0; i < s.count; i++) {
          triggers[s.start + i] = NONE;
          if (s.data.get(i) == BAD) {
            Arrays.fill(triggers, s.start, s.start + i, NONE);
            mode = enabling ? NONE : mode;
            return "EBADF";
          }
          triggers[s.start + i] = s.data.get(i);
          if (s.data.get(i) != NONE && pending[s.start + i]) {
            pending[s.start + i] = false;
            signal(s.data.get(i));
          }
        }
        return "";
      }
      if (mode != s.index || end > triggers.length) {
        return "EINVAL";
      }
      for (int i = 0; i < s.count; i++) {
        if (s.kind == VFIO_IRQ_SET_DATA_NONE || s.data.get(i) != 0) {
          signal(triggers[s.start + i]);
        }
      }
      return "";
    }

    private String single(Step s) {
      int now = s.index == 3 ? error : request;
      if (s.start != 0 || s.count > 1) {
        return "EINVAL";
      }
      int next = now;
      if (s.kind == VFIO_IRQ_SET_DATA_NONE) {
        if (now == NONE) {
          return "EINVAL";
        }
        if (s.count == 0) {
          next = NONE;
        } else {
          signal(now);
        }
      } else if (s.count == 0) {
        return "EINVAL";
      } else if (s.kind == VFIO_IRQ_SET_DATA_BOOL) {
        if (s.data.getFirst() != 0) {
          signal(now);
        }
      } else if (s.data.getFirst() == BAD) {
        return "EBADF";
      } else {
        next = s.data.getFirst();
      }
      if (s.index == 3) {
        error = next;
      } else {
        request = next;
      }
      return "";
    }
  }
}
