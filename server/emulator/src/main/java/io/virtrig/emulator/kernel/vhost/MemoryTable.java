package io.virtrig.emulator.kernel.vhost;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.v1.VhostMemoryRegion;
import io.virtrig.v1.VhostSetMemTableRequest;

/** VHOST_SET_MEM_TABLE (vhost_set_memory): checked, and of no use to a vDPA device. */
final class MemoryTable {
  /** vhost.max_mem_regions. */
  private static final int MOST_REGIONS = 64;

  private MemoryTable() {}

  static void check(VhostSetMemTableRequest arg) {
    int regions = arg.hasNregions() ? arg.getNregions() : arg.getRegionsCount();
    if (arg.getPadding() != 0) {
      throw new KernelError(Errno.EOPNOTSUPP, "padding is not 0");
    }
    if (Integer.compareUnsigned(regions, MOST_REGIONS) > 0) {
      throw new KernelError(
          Errno.E2BIG,
          Integer.toUnsignedString(regions) + " regions are more than " + MOST_REGIONS);
    }
    if (regions > arg.getRegionsCount()) {
      throw KernelError.fault(arg.getRegionsCount() + " regions follow, not " + regions);
    }
    for (VhostMemoryRegion region : arg.getRegionsList().subList(0, regions)) {
      long first = region.getGuestPhysAddr();
      if (Long.compareUnsigned(first + region.getMemorySize() - 1, first) < 0) {
        throw KernelError.fault("the region at 0x" + Long.toHexString(first) + " wraps");
      }
    }
  }
}
