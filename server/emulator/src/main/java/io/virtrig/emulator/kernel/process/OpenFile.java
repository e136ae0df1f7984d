package io.virtrig.emulator.kernel.process;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.state.KernelObject;
import io.virtrig.emulator.state.ObjectIds;
import io.virtrig.v1.Operation;
import io.virtrig.v1.ReadResponse;
import io.virtrig.v1.Result;

/**
 * An open file (the kernel's {@code struct file}) with what its driver does for each system call.
 * File descriptors and other kernel objects hold references; with the last one gone it is released.
 */
public abstract class OpenFile extends KernelObject {

  private int references = 1;

  /** Opens a file with one reference, the opener's. */
  protected OpenFile(ObjectIds ids) {
    super(ids);
  }

  /** Takes one more reference. */
  public final void get() {
    if (references == 0) {
      throw new IllegalStateException(kind() + " is released");
    }
    references++;
  }

  /** Drops a reference; the last one releases the file. */
  public final void put() {
    if (--references == 0) {
      release();
    }
  }

  /** What the driver does when the last reference goes. */
  protected void release() {}

  /**
   * An ioctl.
   *
   * @param caller the process that makes the call
   * @param operation the ioctl, by the member that is set
   */
  public Result ioctl(Task caller, Operation operation) {
    throw KernelError.notTty(kind());
  }

  /** read(2). */
  public ReadResponse read(Task caller, long length) {
    throw KernelError.invalid(kind() + " cannot be read");
  }

  /**
   * write(2).
   *
   * @param value what an eventfd's counter grows by
   * @param bytes what other files are given
   * @return bytes written
   */
  public long write(Task caller, long value, ByteString bytes) {
    throw KernelError.invalid(kind() + " cannot be written");
  }

  /** pread(2). */
  public ByteString pread(Task caller, long offset, int length) {
    throw KernelError.invalid(kind() + " cannot be read");
  }

  /** pwrite(2); returns the bytes written. */
  public long pwrite(Task caller, long offset, ByteString bytes) {
    throw KernelError.invalid(kind() + " cannot be written");
  }

  /**
   * mmap(2): checks whether the range can be mapped.
   *
   * @return what accesses of the mapping reach
   */
  public DeviceMemory mmap(Task caller, long offset, long length, int prot) {
    throw new KernelError(Errno.ENODEV, kind() + " cannot be mapped");
  }
}
