package io.virtrig.emulator.kernel.ioasid;

import io.virtrig.emulator.spec.HostConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * The PASID numbers of a host: one number space, divided among sets that reserve their quota
 * (drivers/iommu/ioasid.c with the IOASID series of 2020).
 */
public final class Ioasids {
  /** PASIDs that the kernel keeps for itself. */
  private static final long KERNEL_RESERVED = 32768;

  private final NumberRuns allocated = new NumberRuns();
  private long unreserved;

  /** None allocated. */
  public Ioasids(HostConfiguration configuration) {
    unreserved = (1L << configuration.spec().getIommu().getPasidBits()) - KERNEL_RESERVED;
  }

  /** PASIDs that no set has reserved. */
  public long unreserved() {
    return unreserved;
  }

  /** A set that may hold so many; null when they cannot be reserved. */
  public @Nullable IoasidSet newSet(long quota) {
    if (quota > unreserved) {
      return null;
    }
    unreserved -= quota;
    return new IoasidSet(this, quota);
  }

  /** Frees all that a set holds, and its quota. */
  public void removeSet(IoasidSet set) {
    set.free(0, -1);
    unreserved += set.quota();
  }

  long allocate(int min, int max) {
    long number = allocated.lowestMissing(Integer.toUnsignedLong(min), Integer.toUnsignedLong(max));
    if (number >= 0) {
      allocated.add(number);
    }
    return number;
  }

  void free(long first, long last) {
    allocated.remove(first, last);
  }
}
