package io.virtrig.emulator.kernel.kvm;

import static org.assertj.core.api.Assertions.fail;

import com.google.protobuf.ByteString;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.StoreRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random sequences of memory slot, dirty log and guest operations against a model written from the
 * specification: sets of pages, searched one by one.
 */
class RandomMemoryTest {
  private static final int SEQUENCES = 3000;
  private static final int STEPS = 40;
  private static final int MEMORY_PAGES = 48;
  private static final int PAGE = KvmRig.PAGE;
  private static final long TASK_SIZE = 0x7ffffffff000L;

  @Test
  void theHostAgreesWithTheModel() {
    SplittableRandom seeds = new SplittableRandom(20200728);
    for (int i = 0; i < SEQUENCES; i++) {
      long seed = seeds.nextLong();
      List<Step> steps = Step.sequence(new SplittableRandom(seed));
      String difference = run(steps);
      if (difference != null) {
        List<Step> least = Sequences.shrink(steps, shorter -> run(shorter) != null);
        fail("seed %d: %s%nshrunk to %s:%n%s", seed, difference, run(least), least);
      }
    }
  }

  private static @Nullable String run(List<Step> steps) {
    try (KvmRig rig = new KvmRig("pci-hole-v1")) {
      long memory = rig.rig.mmap((long) MEMORY_PAGES * PAGE);
      Model model = new Model(memory);
      for (Step step : steps) {
        Operation.Builder operation = step.operation(rig.vm, memory);
        Result result = rig.rig.apply(operation);
        String expected = model.apply(operation.build());
        String got = Model.outcome(result);
        if (!expected.equals(got)) {
          return step + ": expected " + expected + ", got " + got;
        }
      }
      return null;
    }
  }

  /** An operation, with host addresses as offsets from the memory. */
  private record Step(
      int kind, int slot, int flags, long gpa, long size, long hva, ByteString data) {

    static List<Step> sequence(SplittableRandom random) {
      List<Step> steps = new ArrayList<>();
      for (int i = 0; i < STEPS; i++) {
        steps.add(step(random));
      }
      return steps;
    }

    private static Step step(SplittableRandom random) {
      int slot = random.nextInt(4) | (random.nextInt(6) == 0 ? random.nextInt(3) << 16 : 0);
      if (random.nextInt(60) == 0) {
        slot = 32764;
      }
      long gpa = random.nextInt(24) * (long) PAGE;
      long size = (1 + random.nextInt(5)) * (long) PAGE;
      long hva = random.nextInt(MEMORY_PAGES - 5) * (long) PAGE;
      int flags = random.nextInt(3) == 0 ? random.nextInt(8) : random.nextInt(2);
      byte[] bytes = new byte[1 + random.nextInt(8)];
      random.nextBytes(bytes);
      if (random.nextInt(4) != 0) {
        // A slot's own memory and size, so that it can be moved and set again.
        hva = (slot & 3) * 8L * PAGE;
        size = 4L * PAGE;
        gpa = random.nextInt(6) * 4L * PAGE;
        flags = random.nextInt(4) == 0 ? 0 : 1;
      }
      int kind = random.nextInt(15);
      if (kind < 4) {
        switch (random.nextInt(24)) {
          case 0 -> gpa += 0x800;
          case 1 -> size += 0x10;
          case 2 -> hva += 1;
          case 3 -> flags |= 8;
          case 4 -> gpa = -PAGE;
          case 5 -> gpa = 1L << 52;
          case 6 -> size = 1L << 43;
          case 7, 8, 9, 10 -> size = 0;
          default -> {}
        }
      } else if (kind == 14) {
        bytes = new byte[8];
        random.nextBytes(bytes);
        gpa = random.nextInt(8) == 0 ? 1 : random.nextInt(2) * 64L;
        size = random.nextInt(3) == 0 ? 3 : random.nextInt(7);
      } else {
        gpa += random.nextInt(3) == 0 ? PAGE - 3 : random.nextInt(PAGE);
      }
      return new Step(kind, slot, flags, gpa, size, hva, ByteString.copyFrom(bytes));
    }

    Operation.Builder operation(int vm, long memory) {
      boolean hole = (flags & 4) != 0;
      byte[] bytes = data.toByteArray();
      return switch (kind) {
        case 0, 1, 2, 3 -> KvmRig.region(vm, slot, flags, gpa, size, hole ? 0 : memory + hva);
        case 4, 5 -> KvmRig.guestWrite(vm, gpa, bytes);
        case 6, 7, 8 -> KvmRig.guestRead(vm, gpa, bytes.length);
        case 9, 10 -> KvmRig.getDirtyLog(vm, slot);
        case 11 -> KvmRig.enableCap(vm, 168, 0, bytes[0] & 3);
        case 12, 13 ->
            Operation.newBuilder()
                .setStore(StoreRequest.newBuilder().setAddr(memory + hva).setBytes(data));
        default -> KvmRig.clearDirtyLog(vm, slot, gpa, (int) size, bytes);
      };
    }

    @Override
    public String toString() {
      return String.format(
          "%nkind %d slot %x flags %x gpa %x size %x hva %x bytes %s",
          kind, slot, flags, gpa, size, hva, Arrays.toString(data.toByteArray()));
    }
  }

  /** A slot of the model. */
  private static final class Slot {
    int flags;
    long page;
    final long pages;
    final long hva;
    @Nullable TreeSet<Long> dirty;
    final TreeSet<Long> mapped = new TreeSet<>();

    Slot(long pages, long hva) {
      this.pages = pages;
      this.hva = hva;
    }

    boolean has(long guestPage) {
      return guestPage >= page && guestPage < page + pages;
    }

    void log(int newFlags, boolean initiallySet) {
      flags = newFlags;
      if ((flags & 1) == 0) {
        dirty = null;
      } else if (dirty == null) {
        dirty = new TreeSet<>();
        for (long i = 0; initiallySet && i < pages; i++) {
          dirty.add(i);
        }
      }
    }
  }

  private static final class Model {
    private final long memory;
    private final byte[] contents = new byte[MEMORY_PAGES * PAGE];
    private final TreeSet<Long> written = new TreeSet<>();
    private final TreeMap<Integer, Slot> slots = new TreeMap<>();
    private long manual;

    Model(long memory) {
      this.memory = memory;
    }

    static String outcome(Result result) {
      if (result.hasErrno()) {
        return result.getErrno().getName();
      }
      return switch (result.getResponseCase()) {
        case GUEST_READ ->
            result.getGuestRead().getExit().equals("none")
                ? Arrays.toString(result.getGuestRead().getBytes().toByteArray())
                : result.getGuestRead().getExit();
        case GUEST_WRITE -> result.getGuestWrite().getExit();
        case KVM_GET_DIRTY_LOG ->
            Arrays.toString(result.getKvmGetDirtyLog().getDirtyBitmap().toByteArray());
        default -> result.hasRefusal() ? "refused" : "OK";
      };
    }

    String apply(Operation op) {
      return switch (op.getOpCase()) {
        case KVM_SET_USER_MEMORY_REGION -> {
          var arg = op.getKvmSetUserMemoryRegion();
          yield region(
              arg.getSlot(),
              arg.getFlags(),
              arg.getGuestPhysAddr(),
              arg.getMemorySize(),
              arg.getUserspaceAddr());
        }
        case STORE -> {
          int at = (int) (op.getStore().getAddr() - memory);
          op.getStore().getBytes().copyTo(contents, at);
          written.add((long) at / PAGE);
          yield "OK";
        }
        case GUEST_WRITE ->
            write(op.getGuestWrite().getGpa(), op.getGuestWrite().getBytes().toByteArray());
        case GUEST_READ -> read(op.getGuestRead().getGpa(), (int) op.getGuestRead().getLength());
        case KVM_GET_DIRTY_LOG -> getLog(op.getKvmGetDirtyLog().getSlot());
        case KVM_CLEAR_DIRTY_LOG -> {
          var arg = op.getKvmClearDirtyLog();
          yield clearLog(
              arg.getSlot(),
              arg.getFirstPage(),
              arg.getNumPages(),
              arg.getDirtyBitmap().toByteArray());
        }
        case KVM_ENABLE_CAP -> {
          long option = op.getKvmEnableCap().getArgs(0);
          if (option == 2) {
            yield "EINVAL";
          }
          manual = option;
          yield "OK";
        }
        default -> throw new IllegalStateException();
      };
    }

    private String region(int slot, int flags, long gpa, long size, long hva) {
      boolean hole = (flags & 4) != 0;
      boolean wrong =
          (slot & 0xffff) >= 32764
              || (flags & ~7) != 0
              || size % PAGE != 0
              || gpa % PAGE != 0
              || (hole && ((flags & 3) != 0 || hva != 0))
              || hva % PAGE != 0
              || (!hole && Long.compareUnsigned(hva + size, TASK_SIZE) > 0)
              || slot >>> 16 > 1
              || Long.compareUnsigned(gpa + size, gpa) < 0
              || size / PAGE > Integer.MAX_VALUE;
      if (wrong) {
        return "EINVAL";
      }
      Slot old = slots.get(slot);
      if (size == 0) {
        if (old == null) {
          return "EINVAL";
        }
        slots.remove(slot);
        zap();
        return "OK";
      }
      if (old != null
          && (old.hva != hva || old.pages != size / PAGE || ((old.flags ^ flags) & 6) != 0)) {
        return "EINVAL";
      }
      long page = gpa / PAGE;
      boolean initiallySet = (manual & 2) != 0;
      if (old != null && old.page == page) {
        old.log(flags, initiallySet);
        return "OK";
      }
      for (var other : slots.entrySet()) {
        boolean sameSpace = other.getKey() >>> 16 == slot >>> 16;
        Slot there = other.getValue();
        if (sameSpace
            && !there.equals(old)
            && there.page < page + size / PAGE
            && page < there.page + there.pages) {
          return "EEXIST";
        }
      }
      if (old != null) {
        zap();
      }
      if (page + size / PAGE - 1 >= 1L << (46 - 12)) {
        return "EINVAL";
      }
      Slot changed = old == null ? new Slot(size / PAGE, hva) : old;
      changed.page = page;
      changed.log(flags, initiallySet);
      slots.put(slot, changed);
      return "OK";
    }

    private void zap() {
      slots.values().forEach(slot -> slot.mapped.clear());
    }

    private @Nullable Slot at(long gpa) {
      for (var entry : slots.entrySet()) {
        if (entry.getKey() >>> 16 == 0 && entry.getValue().has(gpa / PAGE)) {
          return entry.getValue();
        }
      }
      return null;
    }

    private String write(long gpa, byte[] bytes) {
      boolean exit = false;
      for (int i = 0; i < bytes.length; i++) {
        Slot slot = at(gpa + i);
        if (slot == null || (slot.flags & 6) != 0) {
          exit = true;
          continue;
        }
        long hva = slot.hva - memory + (gpa + i - slot.page * PAGE);
        contents[(int) hva] = bytes[i];
        written.add(hva / PAGE);
        long page = (gpa + i) / PAGE - slot.page;
        slot.mapped.add(page);
        if (slot.dirty != null) {
          slot.dirty.add(page);
        }
      }
      return exit ? "KVM_EXIT_MMIO" : "none";
    }

    private String read(long gpa, int length) {
      byte[] bytes = new byte[length];
      boolean exit = false;
      for (int i = 0; i < length; i++) {
        Slot slot = at(gpa + i);
        if (slot == null) {
          exit = true;
        } else if ((slot.flags & 4) != 0) {
          bytes[i] = -1;
        } else {
          long hva = slot.hva - memory + (gpa + i - slot.page * PAGE);
          bytes[i] = contents[(int) hva];
          long page = (gpa + i) / PAGE - slot.page;
          boolean fault = slot.mapped.add(page);
          if (fault && slot.dirty != null && slot.flags == 1 && written.contains(hva / PAGE)) {
            slot.dirty.add(page);
          }
        }
      }
      return exit ? "KVM_EXIT_MMIO" : Arrays.toString(bytes);
    }

    private static boolean badLogSlot(int slot) {
      return slot >>> 16 > 1 || (slot & 0xffff) >= 32764;
    }

    private String getLog(int id) {
      if (badLogSlot(id)) {
        return "EINVAL";
      }
      Slot slot = slots.get(id);
      if (slot == null || slot.dirty == null) {
        return "ENOENT";
      }
      byte[] bits = new byte[(int) (slot.pages + 63) / 64 * 8];
      slot.dirty.forEach(page -> bits[(int) (page / 8)] |= (byte) (1 << page % 8));
      if (manual == 0) {
        slot.dirty.clear();
      }
      return Arrays.toString(bits);
    }

    private String clearLog(int id, long first, int count, byte[] bits) {
      if (badLogSlot(id) || first % 64 != 0) {
        return "EINVAL";
      }
      Slot slot = slots.get(id);
      if (slot == null || slot.dirty == null) {
        return "ENOENT";
      }
      if (first > slot.pages
          || count > slot.pages - first
          || (count < slot.pages - first && count % 64 != 0)) {
        return "EINVAL";
      }
      for (int bit = 0; bit < 64 && count > 0; bit++) {
        if ((bits[bit / 8] & 1 << bit % 8) != 0) {
          slot.dirty.remove(first + bit);
        }
      }
      return "OK";
    }
  }
}
