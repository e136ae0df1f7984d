package io.virtrig.client;

import io.virtrig.v1.Errno;

/** The simulated kernel answered with an errno. */
public final class ErrnoException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Errno errno;

  /** From the errno of a result, or of a status' details. */
  public ErrnoException(Errno errno) {
    super(errno.getOperation() + ": " + errno.getName() + ": " + errno.getCheck());
    this.errno = errno;
  }

  /** The symbolic name, e.g. {@code EINVAL}. */
  public String name() {
    return errno.getName();
  }

  /** The value of errno on Linux. */
  public int number() {
    return errno.getNumber();
  }

  /** The check that failed, in words. */
  public String check() {
    return errno.getCheck();
  }

  /** The operation that failed, e.g. {@code VFIO_IOMMU_MAP_DMA}. */
  public String operation() {
    return errno.getOperation();
  }
}
