package io.virtrig.emulator.kernel.vhost;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.extent.Extent;
import io.virtrig.emulator.extent.ExtentMap;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.hardware.vdpa.Translations;
import io.virtrig.emulator.kernel.process.AddressSpace;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.state.Tally;
import java.util.List;

/**
 * The translations of one address space (struct vhost_iotlb, vhost_vdpa_pa_map and
 * vhost_vdpa_pa_unmap), each holding its pages pinned.
 *
 * <p>What the kernel keeps for each piece of an update depends on how its pages lie; here every
 * page is a piece of its own as far as anyone can tell, while runs of pages are kept as one.
 */
final class VhostIotlb implements Stateful {
  private static final int PAGE_SHIFT = PhysicalMemory.PAGE_SHIFT;
  private static final long IN_PAGE = PhysicalMemory.PAGE_SIZE - 1;
  private static final int ACCESS_WO = 2;

  /** A run of pages. */
  private record Entry(long start, long last, long physical, int perm) implements Extent {

    Entry part(long from, long to) {
      return new Entry(from, to, physical + (from - start), perm);
    }

    long bytes() {
      return last - start + 1;
    }

    List<AddressSpace.Run> pinned() {
      return List.of(new AddressSpace.Run(physical, bytes(), false));
    }
  }

  private final ExtentMap<Entry> entries;

  /**
   * None yet.
   *
   * @param mappings counts them, and those of others
   */
  VhostIotlb(Tally mappings) {
    entries = new ExtentMap<>(mappings);
  }

  /**
   * UPDATE, of a range that is not empty and usable.
   *
   * @param caller whose memory is pinned
   * @param owner whose pinned pages these count as
   */
  void update(Task caller, Task owner, VhostIotlbMsg message) {
    long iova = message.iova();
    long last = iova + message.size() - 1;
    if (entries.firstIn(iova, last) != null) {
      throw new KernelError(
          Errno.EEXIST, "something of 0x" + Long.toHexString(iova) + " and on is mapped already");
    }
    long pages = pages(iova, message.size());
    if (pages == 0) {
      throw KernelError.invalid("the range has no pages");
    }
    long limit = caller.memlockPages();
    long pinned = owner.memory().pinnedPages();
    if (limit >= 0 && Long.compareUnsigned(pages + pinned, limit) > 0) {
      throw new KernelError(
          Errno.ENOMEM,
          Long.toUnsignedString(pages)
              + " pages more than "
              + pinned
              + " exceed RLIMIT_MEMLOCK, "
              + limit
              + " pages");
    }
    List<AddressSpace.Run> runs = pin(caller, message, pages);
    long at = iova & ~IN_PAGE;
    for (AddressSpace.Run run : runs) {
      entries.add(new Entry(at, at + run.length() - 1, run.address(), message.perm()));
      at += run.length();
    }
    owner.memory().countPinned(pages);
  }

  private static long pages(long iova, long size) {
    long bytes = size + (iova & IN_PAGE);
    return (bytes >>> PAGE_SHIFT) + ((bytes & IN_PAGE) != 0 ? 1 : 0);
  }

  private static List<AddressSpace.Run> pin(Task caller, VhostIotlbMsg message, long pages) {
    long uaddr = message.uaddr() & ~IN_PAGE;
    if (Long.compareUnsigned(uaddr, AddressSpace.TASK_SIZE) >= 0
        || Long.compareUnsigned(pages, (AddressSpace.TASK_SIZE - uaddr) >>> PAGE_SHIFT) > 0) {
      throw KernelError.fault(
          "0x" + Long.toHexString(uaddr) + " and on leaves the user address space");
    }
    boolean write = (message.perm() & ACCESS_WO) != 0;
    List<AddressSpace.Run> runs = caller.memory().pin(uaddr, pages << PAGE_SHIFT, write, -1);
    if (runs.stream().anyMatch(AddressSpace.Run::device)) {
      caller.memory().unpin(runs);
      throw KernelError.fault("a device is mapped there, whose pages cannot be pinned");
    }
    return runs;
  }

  /**
   * INVALIDATE: every page that touches the range goes. A range that ends before it begins, as one
   * of size 0 does, touches what holds both ends.
   */
  void invalidate(Task owner, long iova, long size) {
    long end = iova + size - 1;
    if (Long.compareUnsigned(iova, end) <= 0) {
      remove(owner, iova, end);
    } else if ((iova & ~IN_PAGE) == (end & ~IN_PAGE)) {
      remove(owner, iova, iova);
    }
  }

  private void remove(Task owner, long first, long last) {
    for (Entry hit = entries.firstIn(first, last);
        hit != null;
        hit = entries.firstIn(first, last)) {
      long from = max(hit.start, first & ~IN_PAGE);
      long to = min(hit.last, last | IN_PAGE);
      entries.remove(hit);
      if (hit.start != from) {
        entries.add(hit.part(hit.start, from - 1));
      }
      if (hit.last != to) {
        entries.add(hit.part(to + 1, hit.last));
      }
      Entry gone = hit.part(from, to);
      owner.memory().unpin(gone.pinned());
      owner.memory().countPinned(-(gone.bytes() >>> PAGE_SHIFT));
    }
  }

  private static long max(long a, long b) {
    return Long.compareUnsigned(a, b) > 0 ? a : b;
  }

  private static long min(long a, long b) {
    return Long.compareUnsigned(a, b) < 0 ? a : b;
  }

  /** All of them go. */
  void clear(Task owner) {
    remove(owner, 0, -1);
  }

  /** As a device takes them. */
  Translations translations(PhysicalMemory memory) {
    Translations.Builder table = new Translations.Builder(memory, entries.size());
    for (Entry entry : entries.all()) {
      table.add(entry.start, entry.last, entry.physical, entry.perm);
    }
    return table.build();
  }

  @Override
  public void writeState(StateWriter out) {
    for (Entry entry : entries.all()) {
      out.child(
          "translation",
          "0x" + Long.toHexString(entry.start),
          inner -> {
            inner.hex("last", entry.last);
            inner.hex("physical", entry.physical);
            inner.hex("perm", entry.perm);
          });
    }
  }
}
