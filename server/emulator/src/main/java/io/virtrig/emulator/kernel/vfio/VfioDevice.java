package io.virtrig.emulator.kernel.vfio;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.DeviceMemory;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.KernelObject;
import io.virtrig.v1.EventKind;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import java.util.Objects;

/**
 * A device that a vfio driver is bound to (struct vfio_device). Several files of one device share
 * its state: it is enabled when the first is opened and torn down when the last is closed.
 */
public abstract class VfioDevice extends KernelObject {
  private final Kernel kernel;
  private final VfioGroup group;
  private int files;

  /** A device of a group. */
  protected VfioDevice(Kernel kernel, VfioGroup group) {
    super(kernel.ids());
    this.kernel = kernel;
    this.group = group;
  }

  /** The kernel it belongs to. */
  protected final Kernel kernel() {
    return kernel;
  }

  /** Its group. */
  public final VfioGroup group() {
    return group;
  }

  /** How many files of it are open. */
  protected final int files() {
    return files;
  }

  final void open() {
    if (files > 0) {
      reopen();
    } else {
      enable();
      kernel.events().record(EventKind.EVENT_KIND_DEVICE, name(), "opened");
    }
    files++;
  }

  /** What its driver pins single pages in: of the container that its group is in. */
  protected final EmulatedPins pins() {
    return Objects.requireNonNull(
            Objects.requireNonNull(group.container(), "no container").backEnd(), "no back end")
        .pins();
  }

  final void close() {
    if (--files == 0) {
      disable();
      kernel.events().record(EventKind.EVENT_KIND_DEVICE, name(), "closed");
    }
    group.deviceClosed();
  }

  /** The name that people use for it. */
  public abstract String name();

  /**
   * Whether GET_DEVICE_FD's argument names it. May throw what the driver refuses in the words
   * behind the name.
   */
  protected abstract boolean matches(String name);

  /** The first file is opened. A refusal leaves it closed. */
  protected abstract void enable();

  /** Another file is opened beside others. */
  protected void reopen() {}

  /** Pages between two I/O virtual addresses, both included, may no longer be pinned. */
  protected void dmaUnmap(long start, long last) {}

  /** The last file is closed. */
  protected abstract void disable();

  /** An ioctl of one of its files. */
  protected abstract Result ioctl(Task caller, Operation operation);

  /** pread(2) of one of its files. */
  protected abstract ByteString pread(long offset, int length);

  /** pwrite(2) of one of its files; returns the bytes written. */
  protected abstract long pwrite(long offset, ByteString bytes);

  /** mmap(2) of one of its files. */
  protected abstract DeviceMemory mmap(long offset, long length, int prot);
}
