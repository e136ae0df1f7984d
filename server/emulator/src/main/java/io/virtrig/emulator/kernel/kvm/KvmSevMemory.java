package io.virtrig.emulator.kernel.kvm;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.kernel.process.AddressSpace;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory of its creator that a SEV VM has pinned (sev_pin_memory and the regions of
 * arch/x86/kvm/svm/sev.c, Linux 6.1).
 */
final class KvmSevMemory implements Stateful {
  private static final long PAGE_MASK = PhysicalMemory.PAGE_SIZE - 1L;

  /** Pinned pages. */
  static final class Pinned {
    private final AddressSpace memory;
    private final List<AddressSpace.Run> runs;
    private final long pages;

    Pinned(AddressSpace memory, List<AddressSpace.Run> runs, long pages) {
      this.memory = memory;
      this.runs = runs;
      this.pages = pages;
    }

    List<AddressSpace.Run> runs() {
      return runs;
    }

    /** Whether the pages follow one another in physical memory. */
    boolean contiguous() {
      return runs.size() == 1;
    }
  }

  /** A registered region (struct enc_region). */
  private static final class Region {
    private final long addr;
    private final long size;
    private final Pinned pinned;

    Region(long addr, long size, Pinned pinned) {
      this.addr = addr;
      this.size = size;
      this.pinned = pinned;
    }
  }

  private final List<Region> regions = new ArrayList<>(0);
  private long pagesLocked;

  /**
   * sev_pin_memory.
   *
   * @throws KernelError EINVAL for an empty or wrapping range; ENOMEM beyond RLIMIT_MEMLOCK and
   *     where memory is missing
   */
  Pinned pin(Task caller, long addr, long length, boolean write) {
    if (length == 0 || Long.compareUnsigned(addr + length, addr) < 0) {
      throw KernelError.invalid(
          "0x"
              + Long.toHexString(length)
              + " bytes at 0x"
              + Long.toHexString(addr)
              + " are none, or wrap");
    }
    long start = addr & ~PAGE_MASK;
    long pages = ((((addr + length - 1) & ~PAGE_MASK) - start) >>> PhysicalMemory.PAGE_SHIFT) + 1;
    long limit = caller.capIpcLock() ? -1 : caller.memlockPages();
    if (limit >= 0 && pagesLocked + pages > limit) {
      throw new KernelError(
          Errno.ENOMEM,
          pagesLocked + " pages and " + pages + " more exceed RLIMIT_MEMLOCK, " + limit + " pages");
    }
    List<AddressSpace.Run> runs;
    try {
      runs = caller.memory().pin(start, pages << PhysicalMemory.PAGE_SHIFT, write, -1);
    } catch (KernelError e) {
      throw new KernelError(Errno.ENOMEM, "not all pages can be pinned: " + e.getMessage());
    }
    pagesLocked += pages;
    return new Pinned(caller.memory(), runs, pages);
  }

  void unpin(Pinned pinned) {
    pinned.memory.unpin(pinned.runs);
    pagesLocked -= pinned.pages;
  }

  /** svm_register_enc_region. */
  void register(Task caller, long addr, long size) {
    regions.add(new Region(addr, size, pin(caller, addr, size, true)));
  }

  /** svm_unregister_enc_region. EINVAL when no region is exactly that. */
  void unregister(long addr, long size) {
    for (Region region : regions) {
      if (region.addr == addr && region.size == size) {
        unpin(region.pinned);
        regions.remove(region);
        return;
      }
    }
    throw KernelError.invalid(
        "no region of 0x"
            + Long.toHexString(size)
            + " bytes is registered at 0x"
            + Long.toHexString(addr));
  }

  /** The VM goes. */
  void release() {
    regions.forEach(region -> unpin(region.pinned));
    regions.clear();
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("pages_locked", pagesLocked);
    for (Region region : regions) {
      out.hex("region", region.addr);
      out.hex("size", region.size);
    }
  }
}
