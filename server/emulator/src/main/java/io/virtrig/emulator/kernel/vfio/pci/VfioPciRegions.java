package io.virtrig.emulator.kernel.vfio.pci;

import static io.virtrig.emulator.hardware.pci.PciRegs.PCI_CLASS_DEVICE;
import static io.virtrig.emulator.hardware.pci.PciRegs.PCI_CLASS_DISPLAY_VGA;
import static io.virtrig.uapi.Vfio.*;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.hardware.pci.Bar;
import io.virtrig.emulator.hardware.pci.ConfigSpace;
import io.virtrig.emulator.hardware.pci.MsixTable;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.hardware.pci.RomImage;
import io.virtrig.emulator.kernel.process.DeviceMemory;
import org.jspecify.annotations.Nullable;

/** Reading, writing and mapping a device's regions (vfio_pci_rdwr.c, vfio_pci_core_mmap). */
final class VfioPciRegions {
  /** A region's index is in an offset from this bit on (VFIO_PCI_OFFSET_SHIFT). */
  static final int OFFSET_SHIFT = 40;

  private static final long OFFSET_MASK = (1L << OFFSET_SHIFT) - 1;
  private static final long PAGE_MASK = PhysicalMemory.PAGE_SIZE - 1;

  private final PciFunction function;
  private final VfioPciConfig config;
  private final @Nullable DmaFaultRegions faults;

  VfioPciRegions(PciFunction function, VfioPciConfig config, @Nullable DmaFaultRegions faults) {
    this.function = function;
    this.config = config;
    this.faults = faults;
  }

  private int index(long offset) {
    long index = offset >>> OFFSET_SHIFT;
    int regions = VFIO_PCI_NUM_REGIONS + (faults == null ? 0 : DmaFaultRegions.COUNT);
    if (offset < 0 || index >= regions) {
      throw KernelError.invalid("offset 0x" + Long.toHexString(offset) + " is in no region");
    }
    return (int) index;
  }

  /** pread(2): how many bytes are read may be fewer than asked. */
  ByteString read(long offset, int length) {
    if (length == 0 && offset >= 0) {
      return ByteString.EMPTY;
    }
    int index = index(offset);
    long at = offset & OFFSET_MASK;
    if (index == VFIO_PCI_CONFIG_REGION_INDEX) {
      return config.read(at, length);
    }
    if (faults != null && DmaFaultRegions.has(index)) {
      return faults.read(index, at, length);
    }
    byte[] to = new byte[length(index, at, length)];
    ConfigSpace bytes = new ConfigSpace(to);
    Excluded excluded = excluded(index);
    for (int done = 0; done < to.length; ) {
      int size = excluded.piece(at + done, to.length - done);
      if (excluded.holds(at + done)) {
        bytes.fill(done, size, 0xff);
      } else {
        requireMemory(index);
        bytes.set(done, size, function.bars().read(index, at + done, size));
      }
      done += size;
    }
    return ByteString.copyFrom(to);
  }

  /** pwrite(2): how many bytes are written may be fewer than given. */
  int write(long offset, ByteString from) {
    if (from.isEmpty() && offset >= 0) {
      return 0;
    }
    int index = index(offset);
    long at = offset & OFFSET_MASK;
    if (index == VFIO_PCI_CONFIG_REGION_INDEX) {
      config.write(at, from);
      return from.size();
    }
    if (faults != null && DmaFaultRegions.has(index)) {
      return faults.write(index, at, from);
    }
    if (index == VFIO_PCI_ROM_REGION_INDEX) {
      throw KernelError.invalid("the ROM cannot be written");
    }
    int length = length(index, at, from.size());
    ConfigSpace bytes = new ConfigSpace(from.toByteArray());
    Excluded excluded = excluded(index);
    for (int done = 0; done < length; ) {
      int size = excluded.piece(at + done, length - done);
      if (!excluded.holds(at + done)) {
        requireMemory(index);
        function.bars().write(index, at + done, size, bytes.get(done, size));
      }
      done += size;
    }
    return length;
  }

  /** vfio_pci_bar_rw: how much of an access lies in the BAR. */
  private int length(int index, long at, int length) {
    if (index == VFIO_PCI_VGA_REGION_INDEX) {
      if (function.config().word(PCI_CLASS_DEVICE) == PCI_CLASS_DISPLAY_VGA) {
        throw Refused.unimplemented("offset", "the VGA region's contents are not simulated yet");
      }
      throw KernelError.invalid("the device is no VGA controller");
    }
    Bar bar = function.bars().bar(index);
    if (bar == null) {
      throw KernelError.invalid("the device has no BAR " + index);
    }
    if (at >= bar.size()) {
      throw KernelError.invalid(
          "position 0x"
              + Long.toHexString(at)
              + " is at or behind the end of BAR "
              + index
              + ", 0x"
              + Long.toHexString(bar.size()));
    }
    return (int) Math.min(length, bar.size() - at);
  }

  private void requireMemory(int index) {
    Bar bar = function.bars().bar(index);
    if (bar != null && bar.memory() && !config.memoryEnabled()) {
      throw new KernelError(
          Errno.EIO, "memory decode is off in the command register, or the device is in D3hot");
    }
  }

  /** What of a BAR never reaches the device. */
  private record Excluded(long start, long end) {
    boolean holds(long at) {
      return at >= start && at < end;
    }

    /** Bytes that are done at once. */
    int piece(long at, int left) {
      long border = at < start ? start : at < end ? end : Long.MAX_VALUE;
      long most = Math.min(left, border - at);
      if (most >= 4 && (at & 3) == 0) {
        return 4;
      }
      return most >= 2 && (at & 1) == 0 ? 2 : 1;
    }
  }

  private Excluded excluded(int index) {
    MsixTable msix = function.msixTable();
    if (index == VFIO_PCI_ROM_REGION_INDEX) {
      return new Excluded(RomImage.SIZE, Long.MAX_VALUE);
    }
    return msix.in(index)
        ? new Excluded(msix.offset(), msix.offset() + msix.size())
        : new Excluded(0, 0);
  }

  /** Whether a BAR can be mapped: memory of a page or more, or that begins on a page. */
  boolean mappable(int index) {
    Bar bar = function.bars().bar(index);
    return bar != null
        && index < VFIO_PCI_ROM_REGION_INDEX
        && bar.memory()
        && (bar.size() > PAGE_MASK
            || (function.config().dword(bar.register()) & PAGE_MASK & ~0xf) == 0);
  }

  /** mmap(2). Mappings are shared. */
  DeviceMemory map(long offset, long length) {
    int index = index(offset);
    long start = offset & OFFSET_MASK;
    if (faults != null && DmaFaultRegions.has(index)) {
      return faults.map(index, start, length);
    }
    if (index >= VFIO_PCI_ROM_REGION_INDEX) {
      throw KernelError.invalid("region " + index + " cannot be mapped");
    }
    Bar bar = function.bars().bar(index);
    if (bar == null || !mappable(index)) {
      throw KernelError.invalid("BAR " + index + " cannot be mapped");
    }
    long end = start + ((length + PAGE_MASK) & ~PAGE_MASK);
    long size = (bar.size() + PAGE_MASK) & ~PAGE_MASK;
    if (Long.compareUnsigned(end, size) > 0) {
      throw KernelError.invalid(
          "the mapping's end 0x"
              + Long.toHexString(end)
              + " is behind the end of BAR "
              + index
              + ", 0x"
              + Long.toHexString(size));
    }
    return new BarMapping(function, config, index, start);
  }
}
