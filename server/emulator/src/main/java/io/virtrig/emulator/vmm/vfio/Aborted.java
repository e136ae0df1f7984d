package io.virtrig.emulator.vmm.vfio;

import io.virtrig.emulator.errno.KernelError;

/** An assertion of QEMU fails: abort(3). */
public final class Aborted extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient KernelError refusal;

  Aborted(KernelError refusal) {
    super(null, null, false, false);
    this.refusal = refusal;
  }

  /** What the kernel refused. */
  public KernelError refusal() {
    return refusal;
  }
}
