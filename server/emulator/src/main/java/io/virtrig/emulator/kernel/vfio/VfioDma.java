package io.virtrig.emulator.kernel.vfio;

import io.virtrig.emulator.extent.Extent;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.kernel.process.AddressSpace;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One mapping of a container (struct vfio_dma): process memory, pinned, at an I/O virtual address.
 */
final class VfioDma implements Extent, Stateful {
  private final long iova;
  private final long size;
  private final boolean read;
  private final boolean write;
  private final boolean lockCap;
  private final List<AddressSpace.Run> pinned;
  private Task process;
  private long vaddr;
  private boolean vaddrValid = true;
  private @Nullable DirtyWords dirty;

  VfioDma(
      long iova,
      long size,
      long vaddr,
      boolean read,
      boolean write,
      Task process,
      List<AddressSpace.Run> pinned) {
    this.iova = iova;
    this.size = size;
    this.vaddr = vaddr;
    this.read = read;
    this.write = write;
    this.process = process;
    this.lockCap = process.capIpcLock();
    this.pinned = pinned;
  }

  @Override
  public long start() {
    return iova;
  }

  @Override
  public long last() {
    return iova + size - 1;
  }

  long size() {
    return size;
  }

  long pages() {
    return size >>> PhysicalMemory.PAGE_SHIFT;
  }

  /** The pages of it that count as locked: those of a device do not. */
  long lockedPages() {
    long pages = 0;
    for (AddressSpace.Run run : pinned) {
      pages += run.device() ? 0 : run.length() >>> PhysicalMemory.PAGE_SHIFT;
    }
    return pages;
  }

  /** The process that mapped it had CAP_IPC_LOCK then. */
  boolean lockCap() {
    return lockCap;
  }

  List<AddressSpace.Run> pinned() {
    return pinned;
  }

  /** Whose locked memory it counts as. */
  Task process() {
    return process;
  }

  boolean readable() {
    return read;
  }

  boolean writable() {
    return write;
  }

  long vaddr() {
    return vaddr;
  }

  boolean vaddrValid() {
    return vaddrValid;
  }

  void vaddrValid(boolean valid) {
    vaddrValid = valid;
  }

  /** VFIO_DMA_MAP_FLAG_VADDR: the memory lies elsewhere now, maybe in another process. */
  void move(Task to, long address) {
    process = to;
    vaddr = address;
    vaddrValid = true;
  }

  /** Its dirty words; made when they are first needed. */
  DirtyWords dirty() {
    if (dirty == null) {
      dirty = new DirtyWords(pages());
    }
    return dirty;
  }

  /** Dirty tracking stops. */
  void forgetDirty() {
    dirty = null;
  }

  @Override
  public void writeState(StateWriter out) {
    out.hex("size", size);
    out.hex("vaddr", vaddr);
    out.flag("read", read);
    out.flag("write", write);
    out.flag("lock_cap", lockCap);
    out.number("pid", process.pid());
    out.flag("vaddr_valid", vaddrValid);
    if (dirty != null && !dirty.clean()) {
      out.hex("dirty", dirty.hash());
    }
  }
}
