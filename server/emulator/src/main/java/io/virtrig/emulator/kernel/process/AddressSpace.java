package io.virtrig.emulator.kernel.process;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.extent.Extent;
import io.virtrig.emulator.extent.ExtentMap;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.state.Tally;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A process's address space (the kernel's {@code struct mm_struct}): anonymous and device mappings,
 * and the count of locked pages.
 *
 * <p>An anonymous mapping gets its frames, in one run, when it is made; the frames cost nothing
 * until they are written. A pin keeps frames alive after the mapping is gone, as {@code
 * pin_user_pages} does.
 */
public final class AddressSpace implements Stateful {
  /** PROT_READ. */
  public static final int PROT_READ = 1;

  /** PROT_WRITE. */
  public static final int PROT_WRITE = 2;

  /**
   * One above the highest address of user space on x86_64 with 48-bit addresses (TASK_SIZE_MAX).
   */
  public static final long TASK_SIZE = 0x7ffffffff000L;

  /** Mappings are placed downwards from here, below room for a stack. */
  private static final long MMAP_BASE = 0x7ffff7fff000L;

  /** vm.mmap_min_addr. */
  private static final long LOWEST = 0x10000L;

  private static final int PAGE_SIZE = PhysicalMemory.PAGE_SIZE;

  /** A run of addresses mapped alike: of frames, or of a device. */
  private record Mapping(
      long start,
      long last,
      int prot,
      long frame,
      @Nullable DeviceMemory device,
      long deviceOffset,
      @Nullable OpenFile file)
      implements Extent {

    /** The part of this mapping from {@code from} to {@code to}. */
    Mapping part(long from, long to) {
      long skipped = from - start;
      return new Mapping(
          from,
          to,
          prot,
          device == null ? frame + (skipped >>> 12) : 0,
          device,
          deviceOffset + skipped,
          file);
    }

    long pages() {
      return (last - start + 1) >>> 12;
    }
  }

  /**
   * A run of physical addresses.
   *
   * @param device they are a device's: there are no frames behind them, and nothing is locked
   */
  public record Run(long address, long length, boolean device) {}

  private final PhysicalMemory memory;
  private final ExtentMap<Mapping> mappings;
  private long lockedPages;
  private long pinnedPages;

  AddressSpace(PhysicalMemory memory, Tally counted) {
    this.memory = memory;
    mappings = new ExtentMap<>(counted);
  }

  /**
   * Maps anonymous memory.
   *
   * @param addr where, or null for a place of the kernel's choice
   * @return the address
   */
  long mapAnonymous(@Nullable Long addr, long length, int prot) {
    long pages = pages(length);
    long start = place(addr, pages);
    long frame = memory.allocate(pages);
    if (frame < 0) {
      throw new KernelError(Errno.ENOMEM, "no run of " + pages + " free page frames");
    }
    unmapRange(start, start + pages * PAGE_SIZE - 1);
    mappings.add(new Mapping(start, start + pages * PAGE_SIZE - 1, prot, frame, null, 0, null));
    return start;
  }

  /** Maps part of a device; the mapping holds the file. */
  long mapDevice(@Nullable Long addr, long length, int prot, DeviceMemory device, OpenFile file) {
    long pages = pages(length);
    long start = place(addr, pages);
    file.get();
    unmapRange(start, start + pages * PAGE_SIZE - 1);
    mappings.add(new Mapping(start, start + pages * PAGE_SIZE - 1, prot, 0, device, 0, file));
    return start;
  }

  private static long pages(long length) {
    if (length == 0) {
      throw KernelError.invalid("length is 0");
    }
    if (Long.compareUnsigned(length, TASK_SIZE) > 0) {
      throw new KernelError(
          Errno.ENOMEM, "length 0x" + Long.toHexString(length) + " exceeds the user address space");
    }
    return (length + PAGE_SIZE - 1) >>> 12;
  }

  private long place(@Nullable Long addr, long pages) {
    long bytes = pages * PAGE_SIZE;
    if (addr != null) {
      if ((addr & (PAGE_SIZE - 1)) != 0) {
        throw KernelError.invalid("addr 0x" + Long.toHexString(addr) + " is not page aligned");
      }
      if (Long.compareUnsigned(addr, TASK_SIZE - bytes) > 0) {
        throw new KernelError(
            Errno.ENOMEM, "addr 0x" + Long.toHexString(addr) + " leaves the user address space");
      }
      if (addr < LOWEST) {
        throw new KernelError(
            Errno.EPERM, "addr 0x" + Long.toHexString(addr) + " is below vm.mmap_min_addr");
      }
      return addr;
    }
    long end = MMAP_BASE;
    for (Mapping below = mappings.before(end);
        below != null;
        below = mappings.before(below.start)) {
      if (end - 1 - below.last >= bytes) {
        break;
      }
      end = Math.min(end, below.start);
    }
    if (end - LOWEST < bytes) {
      throw new KernelError(Errno.ENOMEM, "no free run of 0x" + Long.toHexString(bytes) + " bytes");
    }
    return end - bytes;
  }

  /** munmap(2). Holes in the range are no error. */
  void unmap(long addr, long length) {
    if ((addr & (PAGE_SIZE - 1)) != 0) {
      throw KernelError.invalid("addr 0x" + Long.toHexString(addr) + " is not page aligned");
    }
    if (length == 0) {
      throw KernelError.invalid("length is 0");
    }
    if (Long.compareUnsigned(addr, TASK_SIZE) > 0
        || Long.compareUnsigned(length, TASK_SIZE - addr) > 0) {
      throw KernelError.invalid("the range leaves the user address space");
    }
    unmapRange(addr, addr + ((length + PAGE_SIZE - 1) & -PAGE_SIZE) - 1);
  }

  private void unmapRange(long start, long last) {
    for (Mapping hit = mappings.firstIn(start, last);
        hit != null;
        hit = mappings.firstIn(start, last)) {
      mappings.remove(hit);
      if (hit.start < start) {
        keep(hit.part(hit.start, start - 1));
      }
      if (hit.last > last) {
        keep(hit.part(last + 1, hit.last));
      }
      drop(hit.part(Math.max(hit.start, start), Math.min(hit.last, last)));
      if (hit.file != null) {
        hit.file.put();
      }
    }
  }

  private void keep(Mapping part) {
    mappings.add(part);
    if (part.file != null) {
      part.file.get();
    }
  }

  private void drop(Mapping part) {
    if (part.device == null) {
      memory.put(part.frame, part.pages());
    }
  }

  /** Drops every mapping: the process has died. */
  void tearDown() {
    for (Mapping mapping : List.copyOf(mappings.all())) {
      mappings.remove(mapping);
      drop(mapping);
      if (mapping.file != null) {
        mapping.file.put();
      }
    }
  }

  /** What {@link #read} and {@link #write} do with each piece of memory they reach. */
  private interface Access {
    void piece(Mapping mapping, long addr, int done, int length);
  }

  /**
   * The process reads its memory.
   *
   * @throws KernelError EFAULT at the first address that cannot be read
   */
  public void read(long addr, byte[] to) {
    access(
        addr,
        to.length,
        PROT_READ,
        (mapping, at, done, length) -> {
          long offset = at - mapping.start;
          if (mapping.device != null) {
            mapping.device.read(mapping.deviceOffset + offset, to, done, length);
          } else {
            memory.read((mapping.frame << 12) + offset, to, done, length);
          }
        });
  }

  /**
   * The process writes its memory.
   *
   * @throws KernelError EFAULT at the first address that cannot be written; what lies before it is
   *     written
   */
  public void write(long addr, byte[] from) {
    access(
        addr,
        from.length,
        PROT_WRITE,
        (mapping, at, done, length) -> {
          long offset = at - mapping.start;
          if (mapping.device != null) {
            mapping.device.write(mapping.deviceOffset + offset, from, done, length);
          } else {
            memory.write((mapping.frame << 12) + offset, from, done, length);
          }
        });
  }

  private void access(long addr, int length, int prot, Access access) {
    int done = 0;
    while (done < length) {
      long at = addr + done;
      Mapping mapping = mappings.at(at);
      if (mapping == null) {
        throw KernelError.fault("nothing is mapped at 0x" + Long.toHexString(at));
      }
      boolean allowed = prot == PROT_READ ? mapping.prot != 0 : (mapping.prot & PROT_WRITE) != 0;
      if (!allowed) {
        throw KernelError.fault(
            "the memory at 0x"
                + Long.toHexString(at)
                + " is not "
                + (prot == PROT_READ ? "readable" : "writable"));
      }
      int piece = (int) Math.min(length - done, mapping.last - at + 1);
      access.piece(mapping, at, done, piece);
      done += piece;
    }
  }

  /**
   * Pins memory, so that its frames stay when the mapping goes.
   *
   * @param addr page-aligned address
   * @param length bytes, whole pages
   * @param write the memory must be writable; otherwise readable
   * @param limit frames that may be pinned, or -1 for any number; the one that passes it fails with
   *     ENOMEM
   * @return the physical runs, in order; empty when nothing was asked
   * @throws KernelError EFAULT or ENOMEM, whichever page comes first, with nothing pinned
   */
  public List<Run> pin(long addr, long length, boolean write, long limit) {
    List<Run> runs = new ArrayList<>(1);
    long at = addr;
    long end = addr + length;
    long left = limit;
    try {
      while (at != end) {
        Mapping mapping = mappings.at(at);
        if (mapping == null) {
          throw KernelError.fault("nothing is mapped at 0x" + Long.toHexString(at));
        }
        if ((mapping.prot & (write ? PROT_WRITE : PROT_READ)) == 0) {
          throw KernelError.fault(
              "the memory at 0x"
                  + Long.toHexString(at)
                  + " is not "
                  + (write ? "writable" : "readable"));
        }
        long piece = Math.min(end - at, mapping.last - at + 1);
        if (mapping.device != null) {
          append(runs, physical(mapping, mapping.device, at), piece, true);
        } else {
          long pages = piece >>> 12;
          if (left >= 0 && pages > left) {
            throw new KernelError(
                Errno.ENOMEM, (length >>> 12) + " pages more would exceed RLIMIT_MEMLOCK");
          }
          left -= left >= 0 ? pages : 0;
          long frame = mapping.frame + ((at - mapping.start) >>> 12);
          memory.get(frame, pages);
          append(runs, frame << 12, piece, false);
        }
        at += piece;
      }
    } catch (KernelError e) {
      unpin(runs);
      throw e;
    }
    return runs;
  }

  private static long physical(Mapping mapping, DeviceMemory device, long at) {
    long start = device.physical();
    if (start < 0) {
      throw KernelError.fault("nothing that can be pinned is mapped at 0x" + Long.toHexString(at));
    }
    return start + mapping.deviceOffset + (at - mapping.start);
  }

  private static void append(List<Run> runs, long address, long length, boolean device) {
    if (!runs.isEmpty()) {
      Run before = runs.getLast();
      if (before.device == device && before.address + before.length == address) {
        runs.set(runs.size() - 1, new Run(before.address, before.length + length, device));
        return;
      }
    }
    runs.add(new Run(address, length, device));
  }

  /** Undoes a pin. */
  public void unpin(List<Run> runs) {
    for (Run run : runs) {
      if (!run.device) {
        memory.put(run.address >>> 12, run.length >>> 12);
      }
    }
  }

  /**
   * The physical address behind an address of anonymous memory.
   *
   * @return it, or -1 when nothing with that protection is mapped there
   */
  public long translate(long addr, boolean write) {
    Mapping mapping = mappings.at(addr);
    if (mapping == null
        || mapping.device != null
        || (mapping.prot & (write ? PROT_WRITE : PROT_READ)) == 0) {
      return -1;
    }
    return (mapping.frame << 12) + (addr - mapping.start);
  }

  /** Pages locked (the kernel's {@code locked_vm}). */
  public long lockedPages() {
    return lockedPages;
  }

  /** Counts pages as locked, or no longer. */
  public void lock(long pages) {
    lockedPages += pages;
  }

  /** Pages that vhost has pinned for the process (the kernel's {@code pinned_vm}). */
  public long pinnedPages() {
    return pinnedPages;
  }

  /** Counts pages as pinned, or no longer. */
  public void countPinned(long pages) {
    pinnedPages += pages;
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("locked_pages", lockedPages);
    out.number("pinned_pages", pinnedPages);
    for (Mapping mapping : mappings.all()) {
      out.child(
          "mapping",
          "0x" + Long.toHexString(mapping.start),
          inner -> {
            inner.hex("length", mapping.last - mapping.start + 1);
            inner.number("prot", mapping.prot);
            if (mapping.file != null) {
              inner.shared("file", mapping.file);
              inner.hex("offset", mapping.deviceOffset);
              if (mapping.device != null) {
                mapping.device.writeState(inner);
              }
            } else {
              inner.hex("frame", mapping.frame);
            }
          });
    }
  }
}
