package io.virtrig.emulator.errno;

import com.google.protobuf.Message;
import org.jspecify.annotations.Nullable;

/**
 * The simulated kernel refuses: an errno and the check that failed, in words. It carries no stack
 * trace, for it is an answer and not a defect. What had been done before it is thrown must have
 * been undone, except where Linux leaves it.
 */
public final class KernelError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Errno errno;
  private final transient @Nullable Message written;

  /**
   * A refusal that writes nothing back.
   *
   * @param check the check that failed, with the values it looked at
   */
  public KernelError(Errno errno, String check) {
    this(errno, check, null);
  }

  /**
   * A refusal that writes something back all the same.
   *
   * @param written the operation's response message with what was written
   */
  public KernelError(Errno errno, String check, @Nullable Message written) {
    super(check, null, false, false);
    this.errno = errno;
    this.written = written;
  }

  /** The error number. */
  public Errno errno() {
    return errno;
  }

  /** What the kernel wrote back although it refused; null when nothing. */
  public @Nullable Message written() {
    return written;
  }

  /** An {@code EINVAL}. */
  public static KernelError invalid(String check) {
    return new KernelError(Errno.EINVAL, check);
  }

  /** An {@code EFAULT}. */
  public static KernelError fault(String check) {
    return new KernelError(Errno.EFAULT, check);
  }

  /** The {@code ENOTTY} of a file that does not know an ioctl. */
  public static KernelError notTty(String file) {
    return new KernelError(Errno.ENOTTY, file + " does not know this ioctl");
  }
}
