package io.virtrig.emulator.kernel.vfio;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.ioasid.IoasidSet;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/**
 * The PASIDs of one address space over all of its nesting containers (struct vfio_mm of the vSVA
 * series).
 */
final class VfioMm implements Stateful {
  private final Task process;
  private final IoasidSet set;
  private int containers;

  VfioMm(Task process, IoasidSet set) {
    this.process = process;
    this.set = set;
  }

  Task process() {
    return process;
  }

  IoasidSet set() {
    return set;
  }

  /** One container more, or fewer; returns how many there are. */
  int containers(int by) {
    containers += by;
    return containers;
  }

  /** The lowest free number in [min, max]. ENOSPC. */
  long allocate(int min, int max) {
    long number = set.allocate(min, max);
    if (number < 0) {
      throw new KernelError(
          Errno.ENOSPC,
          set.exhausted()
              ? "the quota of " + set.quota() + " PASIDs is used up"
              : "no PASID of the range is free");
    }
    return number;
  }

  /** Frees the numbers of this address space in [min, max]. */
  void free(int min, int max) {
    set.free(min, max);
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("containers", containers);
    out.child("set", "", set);
  }
}
