package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.emulator.hardware.memory.PhysicalMemory.PAGE_SIZE;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.AddressSpace;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.time.Cost;
import io.virtrig.v1.EventKind;
import io.virtrig.v1.GuestReadResponse;
import io.virtrig.v1.GuestWriteResponse;
import java.util.Arrays;

/**
 * What a vCPU's access to guest physical memory does (emulator_read_write in arch/x86/kvm/x86.c,
 * and the page fault before it): memory behind a slot, a device in the kernel, or an exit to user
 * space. Pages are treated one by one.
 */
final class GuestAccess {
  private static final String NONE = "none";
  private static final String MMIO = "KVM_EXIT_MMIO";

  /** The most bytes of one access that a device in the kernel is given. */
  private static final int MMIO_BYTES = 8;

  /** What a PCI hole holds, as long as the longest access. */
  private static final ByteString HOLE;

  static {
    byte[] ones = new byte[Task.MOST_BYTES];
    Arrays.fill(ones, (byte) 0xff);
    HOLE = UnsafeByteOperations.unsafeWrap(ones);
  }

  private final KvmVm vm;
  private final Kernel kernel;
  private final PhysicalMemory physical;
  private final AddressSpace process;

  GuestAccess(KvmVm vm, Kernel kernel, AddressSpace process) {
    this.vm = vm;
    this.kernel = kernel;
    this.process = process;
    physical = kernel.machine().memory();
  }

  private static int inPage(long gpa, int left) {
    return Math.min(left, PAGE_SIZE - (int) (gpa & (PAGE_SIZE - 1)));
  }

  /** A read. EFAULT where the process has nothing mapped behind a slot. */
  GuestReadResponse read(long gpa, int length) {
    KvmMemorySlot first = vm.memory().at(gpa >>> 12);
    if (first != null && first.pciHole() && length <= (first.endGfn() << 12) - gpa) {
      return GuestReadResponse.newBuilder()
          .setExit(NONE)
          .setBytes(HOLE.substring(0, length))
          .build();
    }
    byte[] bytes = new byte[length];
    boolean exits = false;
    int done = 0;
    while (done < length) {
      long at = gpa + done;
      int piece = inPage(at, length - done);
      KvmMemorySlot slot = vm.memory().at(at >>> 12);
      if (slot == null) {
        exits |= !readDevices(at, bytes, done, piece);
      } else if (slot.pciHole()) {
        Arrays.fill(bytes, done, done + piece, (byte) 0xff);
      } else {
        readMemory(slot, at, bytes, done, piece);
      }
      done += piece;
    }
    if (exits) {
      exit("read", gpa, length);
    }
    return GuestReadResponse.newBuilder()
        .setExit(exits ? MMIO : NONE)
        .setBytes(exits ? ByteString.EMPTY : UnsafeByteOperations.unsafeWrap(bytes))
        .build();
  }

  private void readMemory(KvmMemorySlot slot, long gpa, byte[] to, int at, int length) {
    long hva = slot.hva(gpa);
    long address = process.translate(hva, false);
    if (address >= 0) {
      physical.read(address, to, at, length);
    } else {
      byte[] bytes = new byte[length];
      process.read(hva, bytes);
      System.arraycopy(bytes, 0, to, at, length);
    }
    if (slot.map(gpa >>> 12, vm.memory().zapped())
        && !slot.readOnly()
        && address >= 0
        && physical.written(address)
        && process.translate(hva, true) >= 0) {
      // A read fault on a page that the process can write already maps it writable: the kernel
      // counts that as a write.
      slot.markDirty(gpa >>> 12);
    }
  }

  private boolean readDevices(long gpa, byte[] to, int at, int length) {
    int done = 0;
    while (done < length) {
      int piece = Math.min(MMIO_BYTES, length - done);
      if (!vm.readMmio(gpa + done, piece, to, at + done)) {
        return false;
      }
      kernel.clock().charge(Cost.KERNEL_EXIT);
      done += piece;
    }
    return true;
  }

  /**
   * A write. EFAULT where the process has nothing writable mapped behind a slot; what lies before
   * is written.
   */
  GuestWriteResponse write(long gpa, byte[] bytes) {
    boolean exits = false;
    int done = 0;
    while (done < bytes.length) {
      long at = gpa + done;
      int piece = inPage(at, bytes.length - done);
      KvmMemorySlot slot = vm.memory().at(at >>> 12);
      if (slot == null || slot.readOnly() || slot.pciHole()) {
        exits |= !writeDevices(at, bytes, done, piece);
      } else {
        writeMemory(slot, at, bytes, done, piece);
      }
      done += piece;
    }
    if (exits) {
      exit("write", gpa, bytes.length);
    }
    return GuestWriteResponse.newBuilder().setExit(exits ? MMIO : NONE).build();
  }

  private void writeMemory(KvmMemorySlot slot, long gpa, byte[] from, int at, int length) {
    long hva = slot.hva(gpa);
    long address = process.translate(hva, true);
    if (address >= 0) {
      physical.write(address, from, at, length);
    } else {
      process.write(hva, Arrays.copyOfRange(from, at, at + length));
    }
    slot.map(gpa >>> 12, vm.memory().zapped());
    slot.markDirty(gpa >>> 12);
  }

  private boolean writeDevices(long gpa, byte[] from, int at, int length) {
    int done = 0;
    while (done < length) {
      int piece = Math.min(MMIO_BYTES, length - done);
      long value = 0;
      for (int i = piece - 1; i >= 0; i--) {
        value = (value << 8) | (from[at + done + i] & 0xff);
      }
      if (!vm.writeMmio(gpa + done, piece, value)) {
        return false;
      }
      kernel.clock().charge(Cost.KERNEL_EXIT);
      done += piece;
    }
    return true;
  }

  private void exit(String access, long gpa, int length) {
    kernel.clock().charge(Cost.USER_EXIT);
    kernel
        .events()
        .record(
            EventKind.EVENT_KIND_VM_EXIT,
            MMIO,
            () -> "VM " + vm.id(),
            () -> MMIO + ": " + access + " of " + length + " bytes at 0x" + Long.toHexString(gpa));
  }
}
