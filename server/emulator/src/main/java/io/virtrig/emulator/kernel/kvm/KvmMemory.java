package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.uapi.Kvm.KVM_DIRTY_LOG_INITIALLY_SET;
import static io.virtrig.uapi.Kvm.KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE;
import static io.virtrig.uapi.Kvm.KVM_MEM_LOG_DIRTY_PAGES;
import static io.virtrig.uapi.Kvm.KVM_MEM_READONLY;
import static io.virtrig.uapi.UnmergedSeries.KVM_MEM_PCI_HOLE;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.kernel.process.AddressSpace;
import io.virtrig.emulator.spec.CpuVendor;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.KvmClearDirtyLogRequest;
import io.virtrig.v1.KvmSetUserMemoryRegionRequest;
import org.jspecify.annotations.Nullable;

/**
 * A VM's memory slots and their dirty logs (virt/kvm/kvm_main.c of Linux 6.1, with the PCI hole
 * series of 2020 where the host has it).
 */
final class KvmMemory implements Stateful {
  /** KVM_ADDRESS_SPACE_NUM on x86: 0, and 1 for SMM. */
  static final int ADDRESS_SPACES = 2;

  /** KVM_USER_MEM_SLOTS: slots an address space may have. */
  static final int MOST_SLOTS = 32764;

  /** KVM_MEM_MAX_NR_PAGES. */
  private static final long MOST_PAGES = (1L << 31) - 1;

  /** Bytes of the largest bitmap that the simulator returns: 1 TiB of 4 KiB pages. */
  private static final long MOST_BITMAP_BYTES = 32 << 20;

  private static final long OFFSET_IN_PAGE = 0xfff;

  private final KvmMemslots[] addressSpaces = {new KvmMemslots(), new KvmMemslots()};
  private final int knownFlags;
  private final int physicalBits;
  private long manualProtect;
  private long zapped;

  KvmMemory(HostConfiguration configuration) {
    boolean holes = Kvm.pciHoleCapability(configuration) != 0;
    knownFlags = KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY | (holes ? KVM_MEM_PCI_HOLE : 0);
    physicalBits = configuration.cpu() == CpuVendor.AMD ? 48 : 46;
  }

  /** KVM_ENABLE_CAP of KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2. */
  void enableManualProtect(int flags, long options) {
    long allowed =
        (options & KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE) == 0
            ? KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE
            : KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET;
    if (flags != 0) {
      throw KernelError.invalid("flags 0x" + Integer.toHexString(flags) + " is not 0");
    }
    if ((options & ~allowed) != 0) {
      throw KernelError.invalid(
          "args[0] 0x" + Long.toHexString(options) + " has options that do not exist or need 1");
    }
    manualProtect = options;
  }

  private boolean initiallySet() {
    return (manualProtect & KVM_DIRTY_LOG_INITIALLY_SET) != 0;
  }

  /** KVM_SET_USER_MEMORY_REGION. */
  void setUserMemoryRegion(KvmSetUserMemoryRegionRequest arg) {
    int id = arg.getSlot() & 0xffff;
    int space = arg.getSlot() >>> 16;
    long gpa = arg.getGuestPhysAddr();
    long size = arg.getMemorySize();
    check(arg, id, space, gpa, size);

    KvmMemslots slots = addressSpaces[space];
    KvmMemorySlot old = slots.slot(id);
    long baseGfn = gpa >>> 12;
    long pages = size >>> 12;
    if (pages == 0) {
      if (old == null) {
        throw KernelError.invalid("slot " + id + " cannot be deleted: it does not exist");
      }
      zapped++;
      slots.remove(old);
      return;
    }
    if (old != null) {
      checkChange(old, arg, pages);
      if (old.baseGfn() == baseGfn) {
        if (old.flags() != arg.getFlags()) {
          slots.remove(old);
          slots.add(old.changed(arg.getFlags(), baseGfn, initiallySet()));
        }
        return;
      }
    }
    KvmMemorySlot inTheWay = slots.overlapping(baseGfn, baseGfn + pages, old);
    if (inTheWay != null) {
      throw new KernelError(
          Errno.EEXIST,
          "guest_phys_addr 0x" + Long.toHexString(gpa) + ": slot " + inTheWay.id() + " overlaps");
    }
    if (old != null) {
      zapped++;
    }
    if ((baseGfn + pages - 1) >>> (physicalBits - 12) != 0) {
      throw KernelError.invalid(
          "the last page is beyond " + physicalBits + " bits of guest physical address");
    }
    if (old != null) {
      slots.remove(old);
      slots.add(old.changed(arg.getFlags(), baseGfn, initiallySet()));
    } else {
      slots.add(
          KvmMemorySlot.create(
              id, arg.getFlags(), baseGfn, pages, arg.getUserspaceAddr(), initiallySet()));
    }
  }

  private void check(KvmSetUserMemoryRegionRequest arg, int id, int space, long gpa, long size) {
    int flags = arg.getFlags();
    long hva = arg.getUserspaceAddr();
    if (id >= MOST_SLOTS) {
      throw KernelError.invalid("slot id " + id + " is not below " + MOST_SLOTS);
    }
    if ((flags & ~knownFlags) != 0) {
      throw KernelError.invalid("unknown flags 0x" + Integer.toHexString(flags & ~knownFlags));
    }
    if ((size & OFFSET_IN_PAGE) != 0) {
      throw KernelError.invalid("memory_size 0x" + Long.toHexString(size) + " is not page aligned");
    }
    if ((gpa & OFFSET_IN_PAGE) != 0) {
      throw KernelError.invalid(
          "guest_phys_addr 0x" + Long.toHexString(gpa) + " is not page aligned");
    }
    if ((flags & KVM_MEM_PCI_HOLE) != 0) {
      if ((flags & (KVM_MEM_READONLY | KVM_MEM_LOG_DIRTY_PAGES)) != 0) {
        throw KernelError.invalid("KVM_MEM_PCI_HOLE goes with neither READONLY nor LOG_DIRTY");
      }
      if (hva != 0) {
        throw KernelError.invalid(
            "userspace_addr 0x" + Long.toHexString(hva) + " of a PCI hole is not 0");
      }
    } else {
      if ((hva & OFFSET_IN_PAGE) != 0) {
        throw KernelError.invalid(
            "userspace_addr 0x" + Long.toHexString(hva) + " is not page aligned");
      }
      if (Long.compareUnsigned(size, AddressSpace.TASK_SIZE) > 0
          || Long.compareUnsigned(hva, AddressSpace.TASK_SIZE - size) > 0) {
        throw KernelError.invalid(
            "userspace_addr 0x"
                + Long.toHexString(hva)
                + " + memory_size 0x"
                + Long.toHexString(size)
                + " leaves the user address space");
      }
    }
    if (space >= ADDRESS_SPACES) {
      throw KernelError.invalid("address space " + space + " is not below " + ADDRESS_SPACES);
    }
    if (Long.compareUnsigned(gpa + size, gpa) < 0) {
      throw KernelError.invalid(
          "guest_phys_addr 0x"
              + Long.toHexString(gpa)
              + " + memory_size 0x"
              + Long.toHexString(size)
              + " wraps");
    }
    if (size >>> 12 > MOST_PAGES) {
      throw KernelError.invalid((size >>> 12) + " pages are more than " + MOST_PAGES);
    }
  }

  private static void checkChange(
      KvmMemorySlot old, KvmSetUserMemoryRegionRequest arg, long pages) {
    if (arg.getUserspaceAddr() != old.userspaceAddr()) {
      throw KernelError.invalid(
          "userspace_addr of slot "
              + old.id()
              + " cannot change from 0x"
              + Long.toHexString(old.userspaceAddr()));
    }
    if (pages != old.pages()) {
      throw KernelError.invalid(
          "memory_size of slot " + old.id() + " cannot change from " + old.pages() + " pages");
    }
    int changed = arg.getFlags() ^ old.flags();
    if ((changed & KVM_MEM_READONLY) != 0) {
      throw KernelError.invalid("KVM_MEM_READONLY of slot " + old.id() + " cannot change");
    }
    if ((changed & KVM_MEM_PCI_HOLE) != 0) {
      throw KernelError.invalid("KVM_MEM_PCI_HOLE of slot " + old.id() + " cannot change");
    }
  }

  /** KVM_GET_DIRTY_LOG. */
  ByteString getDirtyLog(int slot) {
    checkLogged(slot);
    KvmMemorySlot logged = logged(slot);
    long bytes = PageBitmap.bytes(logged.pages());
    if (bytes > MOST_BITMAP_BYTES) {
      throw Refused.exhausted(
          "slot", bytes + " bytes of bitmap are more than the limit of " + MOST_BITMAP_BYTES);
    }
    PageBitmap log = log(logged);
    ByteString dirty = log.toBytes();
    if (manualProtect == 0) {
      log.clear();
    }
    return dirty;
  }

  /** KVM_CLEAR_DIRTY_LOG. */
  void clearDirtyLog(KvmClearDirtyLogRequest arg) {
    checkLogged(arg.getSlot());
    long first = arg.getFirstPage();
    long count = Integer.toUnsignedLong(arg.getNumPages());
    if ((first & 63) != 0) {
      throw KernelError.invalid(
          "first_page " + Long.toUnsignedString(first) + " is not a multiple of 64");
    }
    KvmMemorySlot slot = logged(arg.getSlot());
    if (Long.compareUnsigned(first, slot.pages()) > 0 || count > slot.pages() - first) {
      throw KernelError.invalid(
          "first_page "
              + Long.toUnsignedString(first)
              + " + num_pages "
              + count
              + " leaves the slot of "
              + slot.pages()
              + " pages");
    }
    if (count < slot.pages() - first && (count & 63) != 0) {
      throw KernelError.invalid(
          "num_pages " + count + " neither reaches the slot's end nor is a multiple of 64");
    }
    int words = (int) ((count + 63) / 64);
    if (arg.getDirtyBitmap().size() < 8L * words) {
      throw Refused.invalid(
          "dirty_bitmap", "num_pages " + count + " needs " + 8L * words + " bytes");
    }
    log(slot).clear(first, words, arg.getDirtyBitmap());
  }

  private static void checkLogged(int slot) {
    if (slot >>> 16 >= ADDRESS_SPACES || (slot & 0xffff) >= MOST_SLOTS) {
      throw KernelError.invalid(
          "slot 0x" + Integer.toHexString(slot) + ": no such address space or id");
    }
  }

  private KvmMemorySlot logged(int slot) {
    KvmMemorySlot found = addressSpaces[slot >>> 16].slot(slot & 0xffff);
    if (found == null || found.dirtyLog() == null) {
      throw new KernelError(
          Errno.ENOENT,
          "slot 0x"
              + Integer.toHexString(slot)
              + (found == null ? " does not exist" : " has no dirty log"));
    }
    return found;
  }

  private static PageBitmap log(KvmMemorySlot slot) {
    PageBitmap log = slot.dirtyLog();
    if (log == null) {
      throw new IllegalStateException("slot " + slot.id() + " has no dirty log");
    }
    return log;
  }

  /** The slot that a vCPU outside SMM sees at a page. */
  @Nullable KvmMemorySlot at(long gfn) {
    return addressSpaces[0].at(gfn);
  }

  /** How often the guest's page tables were thrown away (kvm_mmu_zap_all_fast). */
  long zapped() {
    return zapped;
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("manual_dirty_log_protect", manualProtect);
    out.number("zapped", zapped);
    for (int space = 0; space < ADDRESS_SPACES; space++) {
      out.child("address_space", Integer.toString(space), addressSpaces[space]);
    }
  }
}
