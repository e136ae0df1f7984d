package io.virtrig.emulator.kernel.vfio;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.extent.ExtentMap;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.kernel.process.AddressSpace;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.List;
import java.util.TreeMap;

/**
 * The pages of a container that drivers of devices without an IOMMU have pinned
 * (vfio_iommu_type1_pin_pages, the {@code pfn_list} of each vfio_dma; Linux 6.1). A page is pinned
 * and counted as locked once, whatever the number of its users.
 */
public final class EmulatedPins implements Stateful {
  private static final long PAGE_MASK = PhysicalMemory.PAGE_SIZE - 1L;

  /** A pinned page and who has it. */
  private static final class Pin {
    private final Task process;
    private final List<AddressSpace.Run> runs;
    private int users = 1;

    Pin(Task process, List<AddressSpace.Run> runs) {
      this.process = process;
      this.runs = runs;
    }

    long address() {
      return runs.getFirst().address();
    }
  }

  private final ExtentMap<VfioDma> mappings;
  private final boolean v2;
  private final LostPins lost;
  private final TreeMap<Long, Pin> pins = new TreeMap<>(Long::compareUnsigned);

  EmulatedPins(ExtentMap<VfioDma> mappings, boolean v2, LostPins lost) {
    this.mappings = mappings;
    this.v2 = v2;
    this.lost = lost;
  }

  /**
   * Pins the page of an I/O virtual address for reading and writing.
   *
   * @return the physical address of the page
   * @throws KernelError EACCES in VFIO_TYPE1_IOMMU mode; EINVAL where nothing is mapped; EPERM for
   *     a mapping that is not both readable and writable; EFAULT where the process has no memory;
   *     ENOMEM beyond RLIMIT_MEMLOCK
   */
  public long pin(long iova) {
    long page = iova & ~PAGE_MASK;
    if (!v2) {
      throw new KernelError(Errno.EACCES, "a container of VFIO_TYPE1_IOMMU pins no single pages");
    }
    VfioDma mapping = mappings.at(page);
    if (mapping == null) {
      throw KernelError.invalid("nothing is mapped for DMA at 0x" + Long.toHexString(page));
    }
    if (!mapping.read() || !mapping.write()) {
      throw new KernelError(
          Errno.EPERM,
          "the mapping at 0x" + Long.toHexString(page) + " is not both readable and writable");
    }
    Pin pin = pins.get(page);
    if (pin != null) {
      pin.users++;
      return pin.address();
    }
    Task process = mapping.process();
    long vaddr = mapping.vaddr() + (page - mapping.start());
    List<AddressSpace.Run> runs =
        process
            .memory()
            .pin(vaddr, PhysicalMemory.PAGE_SIZE, true, process.lockablePages(mapping.lockCap()));
    process.memory().lock(1);
    pins.put(page, new Pin(process, runs));
    return runs.getFirst().address();
  }

  /** Undoes a {@link #pin}. Nothing happens for a page that was lost. */
  public void unpin(long iova) {
    long page = iova & ~PAGE_MASK;
    Pin pin = pins.get(page);
    if (pin != null && --pin.users == 0) {
      pins.remove(page);
      pin.process.memory().unpin(pin.runs);
      pin.process.memory().lock(-1);
    }
  }

  /** Whether a range has a pinned page. */
  boolean any(long start, long last) {
    Long first = pins.ceilingKey(start);
    return first != null && Long.compareUnsigned(first, last) <= 0;
  }

  /** The container goes: what is still pinned stays so, and nobody can undo it. */
  void lose() {
    lost.lose(pins.size());
    pins.clear();
  }

  int pages() {
    return pins.size();
  }

  /** Those that a process mapped. */
  int pages(int pid) {
    int count = 0;
    for (Pin pin : pins.values()) {
      count += pin.process.pid() == pid ? 1 : 0;
    }
    return count;
  }

  @Override
  public void writeState(StateWriter out) {
    pins.forEach((page, pin) -> out.number("0x" + Long.toHexString(page), pin.users));
  }
}
