package io.virtrig.emulator.kernel.vfio;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.ioasid.IoasidSet;
import io.virtrig.emulator.kernel.ioasid.Ioasids;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.EventKind;
import java.util.TreeMap;

/**
 * The vfio_mm of each address space that owns a nesting container (vSVA series,
 * drivers/vfio/vfio_pasid.c).
 */
final class VfioMms implements Stateful {
  private final Kernel kernel;
  private final Ioasids ioasids;
  private final long quota;
  private final TreeMap<Integer, VfioMm> byPid = new TreeMap<>();

  VfioMms(Kernel kernel) {
    this.kernel = kernel;
    ioasids = kernel.iommu().ioasids();
    quota = Integer.toUnsignedLong(kernel.configuration().spec().getKernel().getPasidQuota());
  }

  /** Takes or makes the process's. ENOSPC when its quota cannot be reserved. */
  VfioMm get(Task process) {
    VfioMm mm = byPid.get(process.pid());
    if (mm == null) {
      IoasidSet set = ioasids.newSet(process.pid(), quota);
      if (set == null) {
        throw new KernelError(
            Errno.ENOSPC,
            "pasid_quota "
                + quota
                + " exceeds the "
                + ioasids.unreserved()
                + " PASIDs left to reserve");
      }
      mm = new VfioMm(process, set);
      byPid.put(process.pid(), mm);
    }
    mm.containers(1);
    return mm;
  }

  /** A container drops it; with the last one all of its PASIDs are freed. */
  void put(VfioMm mm) {
    if (mm.containers(-1) == 0) {
      byPid.remove(mm.process().pid());
      ioasids.removeSet(mm.process().pid());
    }
  }

  /** Frees the numbers in [min, max] whoever owns them, as vSVA v4 does. */
  void freeOfAll(VfioMm caller, int min, int max) {
    for (VfioMm mm : byPid.values()) {
      if (mm != caller && mm.set().holdsAny(min, max)) {
        kernel
            .events()
            .record(
                EventKind.EVENT_KIND_SANITIZER,
                "pid " + caller.process().pid(),
                "frees PASIDs of process " + mm.process().pid());
      }
      mm.free(min, max);
    }
  }

  @Override
  public void writeState(StateWriter out) {
    byPid.forEach((pid, mm) -> out.child("mm", pid.toString(), mm));
  }
}
