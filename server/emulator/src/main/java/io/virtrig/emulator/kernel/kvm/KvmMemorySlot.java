package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.uapi.Kvm.KVM_MEM_LOG_DIRTY_PAGES;
import static io.virtrig.uapi.Kvm.KVM_MEM_READONLY;
import static io.virtrig.uapi.UnmergedSeries.KVM_MEM_PCI_HOLE;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import org.jspecify.annotations.Nullable;

/**
 * A memory slot (struct kvm_memory_slot): a run of guest pages and the process memory behind it.
 *
 * <p>It has a dirty log exactly while KVM_MEM_LOG_DIRTY_PAGES is set. {@code mapped} has a bit for
 * each page that the guest's page tables reach (the SPTEs), which decides whether a read faults.
 */
final class KvmMemorySlot implements Stateful {
  private final int id;
  private final int flags;
  private final long baseGfn;
  private final long pages;
  private final long userspaceAddr;
  private final @Nullable PageBitmap dirtyLog;
  private final PageBitmap mapped;
  private long mappedGeneration;

  private KvmMemorySlot(
      int id,
      int flags,
      long baseGfn,
      long pages,
      long userspaceAddr,
      @Nullable PageBitmap dirtyLog,
      PageBitmap mapped,
      long mappedGeneration) {
    this.id = id;
    this.flags = flags;
    this.baseGfn = baseGfn;
    this.pages = pages;
    this.userspaceAddr = userspaceAddr;
    this.dirtyLog = dirtyLog;
    this.mapped = mapped;
    this.mappedGeneration = mappedGeneration;
  }

  /**
   * A slot with a fresh log, if it has one.
   *
   * @param initiallySet every bit of the log is set
   */
  static KvmMemorySlot create(
      int id, int flags, long baseGfn, long pages, long userspaceAddr, boolean initiallySet) {
    return new KvmMemorySlot(
        id,
        flags,
        baseGfn,
        pages,
        userspaceAddr,
        (flags & KVM_MEM_LOG_DIRTY_PAGES) == 0 ? null : newLog(pages, initiallySet),
        new PageBitmap(pages),
        0);
  }

  private static PageBitmap newLog(long pages, boolean initiallySet) {
    PageBitmap log = new PageBitmap(pages);
    if (initiallySet) {
      log.fill();
    }
    return log;
  }

  /** The same slot elsewhere or with other flags: a log that stays keeps its bits. */
  KvmMemorySlot changed(int newFlags, long newBaseGfn, boolean initiallySet) {
    PageBitmap log = null;
    if ((newFlags & KVM_MEM_LOG_DIRTY_PAGES) != 0) {
      log = dirtyLog != null ? dirtyLog : newLog(pages, initiallySet);
    }
    return new KvmMemorySlot(
        id, newFlags, newBaseGfn, pages, userspaceAddr, log, mapped, mappedGeneration);
  }

  int id() {
    return id;
  }

  int flags() {
    return flags;
  }

  long baseGfn() {
    return baseGfn;
  }

  /** The first page above it. */
  long endGfn() {
    return baseGfn + pages;
  }

  long pages() {
    return pages;
  }

  /** The virtual address of the first page in the process. */
  long userspaceAddr() {
    return userspaceAddr;
  }

  boolean readOnly() {
    return (flags & KVM_MEM_READONLY) != 0;
  }

  boolean pciHole() {
    return (flags & KVM_MEM_PCI_HOLE) != 0;
  }

  @Nullable PageBitmap dirtyLog() {
    return dirtyLog;
  }

  /** The virtual address behind a guest physical address of the slot. */
  long hva(long gpa) {
    return userspaceAddr + (gpa - (baseGfn << 12));
  }

  /** Notes that the page is dirty, if there is a log (mark_page_dirty_in_slot). */
  void markDirty(long gfn) {
    if (dirtyLog != null) {
      dirtyLog.set(gfn - baseGfn);
    }
  }

  /**
   * The guest's page tables reach the page from now on.
   *
   * @param generation how often the VM's page tables were thrown away
   * @return false if they did before
   */
  boolean map(long gfn, long generation) {
    if (mappedGeneration != generation) {
      mapped.clear();
      mappedGeneration = generation;
    }
    if (mapped.get(gfn - baseGfn)) {
      return false;
    }
    mapped.set(gfn - baseGfn);
    return true;
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("id", id);
    out.hex("flags", flags);
    out.hex("guest_phys_addr", baseGfn << 12);
    out.number("pages", pages);
    out.hex("userspace_addr", userspaceAddr);
    out.number("mapped_generation", mappedGeneration);
    out.hex("mapped", mapped.hash());
    if (dirtyLog != null) {
      out.hex("dirty_log", dirtyLog.hash());
    }
  }
}
