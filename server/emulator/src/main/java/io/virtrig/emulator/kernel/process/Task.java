package io.virtrig.emulator.kernel.process;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.state.Tally;
import io.virtrig.v1.MmapRequest;

/** A process (struct task_struct): an address space, file descriptors, limits and capabilities. */
public final class Task implements Stateful {
  /** RLIM_INFINITY. */
  public static final long UNLIMITED = -1L;

  /** The most bytes that one load, store, pread or pwrite moves: a limit of the simulator. */
  public static final int MOST_BYTES = 1 << 20;

  private final int pid;
  private final boolean capIpcLock;
  private final long rlimitMemlock;
  private final AddressSpace memory;
  private final FdTable files = new FdTable();

  /**
   * A new process.
   *
   * @param rlimitMemlock RLIMIT_MEMLOCK in bytes, or {@link #UNLIMITED}
   * @param capIpcLock it has CAP_IPC_LOCK
   * @param mappings counts its mappings, and those of others
   */
  public Task(
      int pid, long rlimitMemlock, boolean capIpcLock, PhysicalMemory physical, Tally mappings) {
    this.pid = pid;
    this.rlimitMemlock = rlimitMemlock;
    this.capIpcLock = capIpcLock;
    memory = new AddressSpace(physical, mappings);
  }

  /** Its number. */
  public int pid() {
    return pid;
  }

  /** Whether it has CAP_IPC_LOCK. */
  public boolean capIpcLock() {
    return capIpcLock;
  }

  /** RLIMIT_MEMLOCK in whole pages; -1 when there is none. */
  public long memlockPages() {
    return rlimitMemlock == UNLIMITED ? -1 : rlimitMemlock >>> PhysicalMemory.PAGE_SHIFT;
  }

  /**
   * Pages it may still lock; -1 for any number.
   *
   * @param capable it had CAP_IPC_LOCK when it mattered
   */
  public long lockablePages(boolean capable) {
    return capable || rlimitMemlock == UNLIMITED
        ? -1
        : Math.max(0, memlockPages() - memory.lockedPages());
  }

  /** Its address space. */
  public AddressSpace memory() {
    return memory;
  }

  /** Its file descriptors. */
  public FdTable files() {
    return files;
  }

  /** close(2). */
  public void close(int fd) {
    files.close(fd);
  }

  /** mmap(2). */
  public long mmap(MmapRequest arg) {
    int prot = arg.hasProt() ? arg.getProt() : AddressSpace.PROT_READ | AddressSpace.PROT_WRITE;
    Long addr = arg.hasAddr() ? arg.getAddr() : null;
    if (!arg.hasFd()) {
      return memory.mapAnonymous(addr, arg.getLength(), prot);
    }
    OpenFile file = files.file(arg.getFd());
    if (arg.getLength() == 0) {
      throw KernelError.invalid("length is 0");
    }
    if ((arg.getOffset() & (PhysicalMemory.PAGE_SIZE - 1)) != 0) {
      throw KernelError.invalid(
          "offset 0x" + Long.toHexString(arg.getOffset()) + " is not page aligned");
    }
    DeviceMemory device = file.mmap(this, arg.getOffset(), arg.getLength(), prot);
    return memory.mapDevice(addr, arg.getLength(), prot, device, file);
  }

  /** munmap(2). */
  public void munmap(long addr, long length) {
    memory.unmap(addr, length);
  }

  /** The process writes its memory. */
  public void store(long addr, ByteString bytes) {
    moveable("bytes", bytes.size());
    memory.write(addr, bytes.toByteArray());
  }

  /** The process reads its memory. */
  public ByteString load(long addr, long length) {
    byte[] bytes = new byte[moveable("length", length)];
    memory.read(addr, bytes);
    return ByteString.copyFrom(bytes);
  }

  /** Refuses to move more than the simulator's limit at once. */
  public static int moveable(String field, long length) {
    if (length < 0 || length > MOST_BYTES) {
      throw Refused.exhausted(field, "at most " + MOST_BYTES + " bytes are moved at once");
    }
    return (int) length;
  }

  /** The process dies: its descriptors are closed, lowest first, and its memory goes. */
  public void exit() {
    files.closeAll();
    memory.tearDown();
  }

  @Override
  public void writeState(StateWriter out) {
    out.flag("cap_ipc_lock", capIpcLock);
    out.number("rlimit_memlock", rlimitMemlock);
    out.child("files", "", files);
    out.child("memory", "", memory);
  }
}
