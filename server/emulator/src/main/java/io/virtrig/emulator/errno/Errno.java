package io.virtrig.emulator.errno;

/** Error numbers that the simulated kernel answers, with their values on Linux x86_64. */
public enum Errno {
  EPERM(1),
  ENOENT(2),
  ESRCH(3),
  EINTR(4),
  EIO(5),
  ENXIO(6),
  E2BIG(7),
  EBADF(9),
  EAGAIN(11),
  ENOMEM(12),
  EACCES(13),
  EFAULT(14),
  EBUSY(16),
  EEXIST(17),
  ENODEV(19),
  EINVAL(22),
  EMFILE(24),
  ENOTTY(25),
  ENOSPC(28),
  ESPIPE(29),
  ERANGE(34),
  ENOSYS(38),
  EOVERFLOW(75),
  EOPNOTSUPP(95),
  ENOBUFS(105),
  ETIMEDOUT(110),
  /** Internal to the kernel; some drivers let it escape to user space. */
  ENOTSUPP(524),
  /** No errno: the call would never return. */
  HANG(0);

  private final int number;

  Errno(int number) {
    this.number = number;
  }

  /** The positive number that the C library would put into {@code errno}; 0 for {@link #HANG}. */
  public int number() {
    return number;
  }
}
