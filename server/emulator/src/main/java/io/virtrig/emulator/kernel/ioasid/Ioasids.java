package io.virtrig.emulator.kernel.ioasid;

import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The PASID numbers of a host: one number space, divided among sets (drivers/iommu/ioasid.c with
 * the IOASID series of 2020). A set with a quota reserves it from the host's capacity; a set
 * without one takes from what is left, number by number. The kernel's own set has its capacity
 * apart.
 */
public final class Ioasids implements Stateful {
  /** PASIDs that the kernel keeps for itself. */
  private static final long KERNEL_RESERVED = 32768;

  /** Is told of numbers that are being freed, before anybody can allocate them again. */
  public interface FreeNotifier {
    /** Numbers first to last, all of which were allocated, are being freed. */
    void freed(long first, long last);
  }

  private final NumberRuns allocated = new NumberRuns();
  private final TreeMap<Integer, IoasidSet> byPid = new TreeMap<>();
  private final IoasidSet kernelSet = new IoasidSet(this, KERNEL_RESERVED, true);
  private FreeNotifier notifier = (first, last) -> {};
  private long unreserved;

  /** None allocated. */
  public Ioasids(HostConfiguration configuration) {
    unreserved =
        Math.max(0, (1L << configuration.spec().getIommu().getPasidBits()) - KERNEL_RESERVED);
  }

  /** Who is told of freed numbers (ioasid_register_notifier). */
  public void notify(FreeNotifier told) {
    notifier = told;
  }

  /** PASIDs that no set has reserved. */
  public long unreserved() {
    return unreserved;
  }

  /** Whether anybody holds the number. */
  public boolean allocated(long number) {
    return allocated.contains(number);
  }

  /** The kernel's own set. */
  public IoasidSet kernelSet() {
    return kernelSet;
  }

  /** The set of a process's address space (ioasid_find_mm_set). */
  public @Nullable IoasidSet setOf(int pid) {
    return byPid.get(pid);
  }

  /** A set of a process that may hold so many; null when they cannot be reserved. */
  public @Nullable IoasidSet newSet(int pid, long quota) {
    if (quota > unreserved) {
      return null;
    }
    unreserved -= quota;
    IoasidSet set = new IoasidSet(this, quota, true);
    byPid.put(pid, set);
    return set;
  }

  /** A set of a process that may hold as many as the host has left. */
  IoasidSet newOpenSet(int pid) {
    IoasidSet set = new IoasidSet(this, Long.MAX_VALUE, false);
    byPid.put(pid, set);
    return set;
  }

  /** Frees all that a process's set holds, and its quota. */
  public void removeSet(int pid) {
    IoasidSet set = byPid.remove(pid);
    if (set != null) {
      set.free(0, -1);
      unreserved += set.reserved();
    }
  }

  /** The lowest free number in [min, max]; -1 when there is none. */
  long allocate(long min, long max, boolean reserved) {
    if (!reserved && unreserved == 0) {
      return -1;
    }
    long number = allocated.lowestMissing(min, max);
    if (number >= 0) {
      allocated.add(number);
      unreserved -= reserved ? 0 : 1;
    }
    return number;
  }

  void free(long first, long last, boolean reserved) {
    notifier.freed(first, last);
    allocated.remove(first, last);
    unreserved += reserved ? 0 : last - first + 1;
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("unreserved", unreserved);
    out.child("kernel", "", kernelSet);
  }
}
