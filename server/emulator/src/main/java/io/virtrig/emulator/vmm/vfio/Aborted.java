package io.virtrig.emulator.vmm.vfio;

/** QEMU ends here: an assertion fails, or it follows a pointer that is none. */
public final class Aborted extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String why;

  Aborted(String why) {
    super(why, null, false, false);
    this.why = why;
  }

  /** What ends it. */
  public String why() {
    return why;
  }
}
