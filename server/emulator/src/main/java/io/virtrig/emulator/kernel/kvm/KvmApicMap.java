package io.virtrig.emulator.kernel.kvm;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which local APIC a destination means (struct kvm_apic_map): made anew when an id, a logical id or
 * an enable bit changes, never kept up to date in between.
 */
final class KvmApicMap {
  private static final int FLAT = 1;
  private static final int CLUSTER = 2;

  private final @Nullable KvmLapic[] physical;
  private final @Nullable KvmLapic[] flat = new KvmLapic[8];
  private final @Nullable KvmLapic[] cluster = new KvmLapic[16 * 4];
  private int modes;

  /** The map of the APICs there are (kvm_recalculate_apic_map). */
  KvmApicMap(List<KvmLapic> lapics) {
    int highest = 255;
    for (KvmLapic lapic : lapics) {
      highest = Math.max(highest, lapic.vcpuId());
    }
    physical = new KvmLapic[highest + 1];
    for (KvmLapic lapic : lapics) {
      if (lapic.vcpuId() > 0xff) {
        physical[lapic.vcpuId()] = lapic;
      }
      if (physical[lapic.id()] == null) {
        physical[lapic.id()] = lapic;
      }
      if (lapic.softwareEnabled()) {
        addLogical(lapic);
      }
    }
  }

  private void addLogical(KvmLapic lapic) {
    int id = lapic.logicalId();
    if (id == 0) {
      return;
    }
    modes |= lapic.flat() ? FLAT : CLUSTER;
    if (modes == FLAT) {
      flat[Integer.numberOfTrailingZeros(id)] = lapic;
    } else if (modes == CLUSTER && (id & 0xf) != 0) {
      cluster[(id >> 4) * 4 + Integer.numberOfTrailingZeros(id & 0xf)] = lapic;
    }
  }

  /** The APIC with that physical id; null when nobody has it. */
  @Nullable KvmLapic physical(int destination) {
    return destination >= 0 && destination < physical.length ? physical[destination] : null;
  }

  /** Whether logical destinations can be looked up: all APICs that have a logical id agree. */
  boolean logicalResolved() {
    return modes == FLAT || modes == CLUSTER;
  }

  /** The bits of a logical destination. */
  int logicalBits(int destination) {
    return modes == FLAT ? destination & 0xff : destination & 0xf;
  }

  /** The APIC behind one of those bits; null when nobody has it. */
  @Nullable KvmLapic logical(int destination, int bit) {
    return modes == FLAT ? flat[bit] : cluster[((destination >>> 4) & 0xf) * 4 + bit];
  }
}
