package io.virtrig.emulator.kernel.vfio;

import io.virtrig.emulator.errno.KernelError;

/**
 * The rule of every VFIO struct: {@code argsz} below the struct's fixed part is EINVAL, more is
 * fine.
 */
public final class Argsz {

  private Argsz() {}

  /** Checks an unsigned {@code argsz} against the bytes of the fixed part. */
  public static void check(int argsz, int least) {
    if (Integer.compareUnsigned(argsz, least) < 0) {
      throw KernelError.invalid("argsz " + Integer.toUnsignedString(argsz) + " is below " + least);
    }
  }
}
