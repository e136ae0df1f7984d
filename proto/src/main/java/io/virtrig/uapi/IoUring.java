// Written by proto/uapi/headers --update from the kernel's headers.
package io.virtrig.uapi;

/** Submission flags of linux/io_uring.h: names and values as a C program sees them. */
public final class IoUring {
  public static final int IOSQE_ASYNC = 0x10;
  public static final int IOSQE_BUFFER_SELECT = 0x20;
  public static final int IOSQE_CQE_SKIP_SUCCESS = 0x40;
  public static final int IOSQE_FIXED_FILE = 0x1;
  public static final int IOSQE_IO_DRAIN = 0x2;
  public static final int IOSQE_IO_HARDLINK = 0x8;
  public static final int IOSQE_IO_LINK = 0x4;

  private IoUring() {}
}
