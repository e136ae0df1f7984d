package io.virtrig.emulator.time;

/** What takes time on a host, with the nanoseconds it takes unless the specification differs. */
public enum Cost {
  /** A vCPU leaves the guest and the kernel puts it back. */
  KERNEL_EXIT("kernel_exit", 3_000),
  /** A vCPU leaves the guest for user space, which puts it back. */
  USER_EXIT("user_exit", 20_000),
  /** A device's interrupt is handled by the host. */
  HOST_INTERRUPT("host_interrupt", 2_000),
  /** A signalled eventfd wakes whoever waits for it. */
  EVENTFD_WAKEUP("eventfd_wakeup", 46_000),
  /** An interrupt is posted to a vCPU. */
  POSTED_INTERRUPT("posted_interrupt", 1_000);

  private final String label;
  private final long nanoseconds;

  Cost(String label, long nanoseconds) {
    this.label = label;
    this.nanoseconds = nanoseconds;
  }

  /** Its name in a host's specification. */
  public String label() {
    return label;
  }

  /** What it takes by default. */
  public long usual() {
    return nanoseconds;
  }
}
