package io.virtrig.emulator.kernel.vfio;

import static io.virtrig.emulator.kernel.vfio.NestingRig.*;
import static io.virtrig.uapi.UnmergedSeries.VFIO_IOMMU_FLAG_ALLOC_PASID;
import static io.virtrig.uapi.UnmergedSeries.VFIO_IOMMU_FLAG_FREE_PASID;
import static io.virtrig.uapi.Vfio.VFIO_TYPE1_NESTING_IOMMU;

import io.virtrig.emulator.kernel.vfio.NestingRig.Guest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random sequences over two processes and three devices against a plain model of who owns which
 * PASID, what is bound where, and what the IOMMU may still keep.
 */
class RandomNestingTest {
  private static final int DEVICES = 3;
  private static final int PASIDS = 5;
  private static final int STEPS = 120;

  /** Devices 0 and 1 are the first process's, 2 is the second's. */
  private static final int[] OWNER = {0, 0, 1};

  private enum Act {
    ALLOCATE,
    FREE,
    BIND,
    UNBIND,
    EDIT,
    INVALIDATE,
    READ,
    LEAVE
  }

  private record Step(Act act, int device, int pasid, boolean flag) {}

  /** What must be true, in arrays. */
  private static final class Model {
    /** The process that holds a PASID; -1 for nobody. */
    final int[] holder = new int[PASIDS + 1];

    final boolean[][] bound = new boolean[DEVICES][PASIDS + 1];
    final long[][] kept = new long[DEVICES][PASIDS + 1];
    final long[] leaf = new long[DEVICES];

    Model() {
      Arrays.fill(holder, -1);
      Arrays.fill(leaf, PAGE);
    }

    String allocate(int process, int pasid) {
      if (holder[pasid] >= 0) {
        return "ENOSPC";
      }
      holder[pasid] = process;
      return "";
    }

    void free(int process, int pasid) {
      if (holder[pasid] == process) {
        holder[pasid] = -1;
        for (int device = 0; device < DEVICES; device++) {
          unbind(device, pasid);
        }
      }
    }

    String bind(int device, int pasid) {
      if (holder[pasid] < 0) {
        return "ENOENT";
      }
      if (holder[pasid] != OWNER[device]) {
        return "EACCES";
      }
      if (bound[device][pasid]) {
        unbind(device, pasid);
        return "EBUSY";
      }
      bound[device][pasid] = true;
      return "";
    }

    void unbind(int device, int pasid) {
      bound[device][pasid] = false;
      kept[device][pasid] = 0;
    }

    void invalidate(int device, int pasid) {
      boolean anywhere = bound[0][pasid] || bound[1][pasid] || bound[2][pasid];
      if (holder[pasid] == OWNER[device] && anywhere) {
        kept[device][pasid] = 0;
      }
    }

    long read(int device, int pasid) {
      if (!bound[device][pasid]) {
        return -1;
      }
      if (kept[device][pasid] == 0) {
        if (leaf[device] == 0) {
          return -1;
        }
        kept[device][pasid] = leaf[device];
      }
      return kept[device][pasid];
    }

    /** A device's container goes; of the second process it is the only one. */
    void leave(int device) {
      for (int pasid = 1; pasid <= PASIDS; pasid++) {
        unbind(device, pasid);
        if (OWNER[device] == 1) {
          free(1, pasid);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void theHostAgreesWithTheModel(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < STEPS; i++) {
      Act act = random.nextInt(20) == 0 ? Act.LEAVE : Act.values()[random.nextInt(7)];
      steps.add(
          new Step(act, random.nextInt(DEVICES), 1 + random.nextInt(PASIDS), random.nextBoolean()));
    }
    Sequences.check(seed, steps, RandomNestingTest::run);
  }

  private static @Nullable String run(List<Step> steps) {
    try (NestingRig rig = new NestingRig(host("vsva-v7", nic(0), nic(1), nic(2)))) {
      int second = rig.process();
      Guest[] guests = {rig.guest(1, 0), rig.guest(1, 1), rig.guest(second, 2)};
      Model model = new Model();
      for (int i = 0; i < steps.size(); i++) {
        String wrong = step(rig, guests, model, steps.get(i));
        if (wrong != null) {
          return "step " + i + " " + steps.get(i) + ": " + wrong;
        }
      }
      return null;
    }
  }

  private static @Nullable String step(NestingRig rig, Guest[] guests, Model model, Step step) {
    Guest guest = guests[step.device];
    int owner = OWNER[step.device];
    int pasid = step.pasid;
    return switch (step.act) {
      case ALLOCATE ->
          compare(
              rig,
              pasid(guest, VFIO_IOMMU_FLAG_ALLOC_PASID, pasid, pasid),
              model.allocate(owner, pasid));
      case FREE -> {
        model.free(owner, pasid);
        yield compare(rig, pasid(guest, VFIO_IOMMU_FLAG_FREE_PASID, pasid, pasid), "");
      }
      case BIND -> compare(rig, bind(guest, pasid), model.bind(step.device, pasid));
      case UNBIND -> {
        if (model.holder[pasid] == owner) {
          model.unbind(step.device, pasid);
        }
        yield compare(rig, unbind(guest, pasid), "");
      }
      case EDIT -> {
        model.leaf[step.device] = step.flag ? OTHER_PAGE : pasid == 1 ? 0 : PAGE;
        long page = model.leaf[step.device];
        rig.store(guest, LEAF, page == 0 ? 0 : page | 0x67);
        yield null;
      }
      case INVALIDATE -> {
        model.invalidate(step.device, pasid);
        yield compare(rig, invalidate(guest, pasid), "");
      }
      case READ -> {
        long expected = model.read(step.device, pasid);
        long got = rig.read("nic" + step.device, GVA, pasid);
        yield got == expected ? null : "read " + got + ", the model says " + expected;
      }
      case LEAVE -> {
        model.leave(step.device);
        guests[step.device] = again(rig, guest, step.device);
        yield null;
      }
    };
  }

  /** The container is given up, and a new one gets the group and the same memory. */
  private static Guest again(NestingRig rig, Guest guest, int device) {
    rig.close(guest.pid(), guest.group());
    rig.close(guest.pid(), guest.container());
    int container = rig.open(guest.pid(), "/dev/vfio/vfio");
    int group = rig.open(guest.pid(), "/dev/vfio/" + device);
    rig.rig.ok(setContainer(guest.pid(), group, container));
    rig.rig.ok(setIommu(guest.pid(), container, VFIO_TYPE1_NESTING_IOMMU));
    rig.rig.ok(map(guest.pid(), container, 0, guest.memory(), MEMORY));
    return new Guest(guest.pid(), container, group, guest.memory());
  }

  private static @Nullable String compare(
      NestingRig rig, Operation.Builder operation, String expected) {
    Result result = rig.rig.apply(operation);
    String got = result.getErrno().getName();
    return got.equals(expected) ? null : "answers \"" + got + "\", the model \"" + expected + "\"";
  }
}
