package io.virtrig.emulator.kernel.kvm;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The local APICs of a VM and how messages find them (arch/x86/kvm/lapic.c and irq_comm.c of Linux
 * 6.1).
 */
final class KvmApics {
  /** The message cannot be delivered by the map: the slow way has to try. */
  static final int UNRESOLVED = Integer.MIN_VALUE;

  private static final int SHORTHAND_SELF = 1;
  private static final int SHORTHAND_ALL = 2;

  private final KvmIrqchip irqchip;
  private final List<KvmLapic> lapics = new ArrayList<>(1);
  private @Nullable KvmApicMap map;
  private boolean broadcastQuirkDisabled;

  KvmApics(KvmIrqchip irqchip) {
    this.irqchip = irqchip;
  }

  /** KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK. */
  void disableBroadcastQuirk() {
    broadcastQuirkDisabled = true;
  }

  /**
   * Adds a new vCPU's APIC. The map is made before the vCPU counts, as in the kernel: it is not in
   * it until something makes the map anew.
   */
  KvmLapic add(int vcpuId, boolean boot) {
    recalculate();
    KvmLapic lapic = new KvmLapic(this, vcpuId, boot);
    lapics.add(lapic);
    return lapic;
  }

  /** In the order of the vCPUs. */
  List<KvmLapic> lapics() {
    return lapics;
  }

  /** kvm_recalculate_apic_map. */
  void recalculate() {
    map = new KvmApicMap(lapics);
  }

  /**
   * Delivers a message (kvm_irq_delivery_to_apic).
   *
   * @return how many vCPUs took it; -1 when it is for nobody
   */
  int deliver(KvmLapicIrq irq) {
    int fast = deliverFast(irq);
    return fast != UNRESOLVED ? fast : deliverSlowly(irq);
  }

  /**
   * Delivers a message to the destinations that the map knows (kvm_irq_delivery_to_apic_fast).
   *
   * @return how many vCPUs took it, or {@link #UNRESOLVED}
   */
  int deliverFast(KvmLapicIrq irq) {
    KvmApicMap known = map;
    if (known == null || broadcast(irq)) {
      return UNRESOLVED;
    }
    if (!irq.logical()) {
      return take(known.physical(irq.destination()), irq);
    }
    if (!known.logicalResolved()) {
      return UNRESOLVED;
    }
    int bits = known.logicalBits(irq.destination());
    if (irq.lowestPriority()) {
      if (bits == 0) {
        return 0;
      }
      return take(known.logical(irq.destination(), chosen(irq, bits)), irq);
    }
    int taken = 0;
    for (int left = bits; left != 0; left &= left - 1) {
      taken += take(known.logical(irq.destination(), Integer.numberOfTrailingZeros(left)), irq);
    }
    return taken;
  }

  private int take(@Nullable KvmLapic lapic, KvmLapicIrq irq) {
    if (lapic == null || !lapic.accept(irq)) {
      return 0;
    }
    if (irq.deliveryMode() == KvmLapicIrq.FIXED || irq.lowestPriority()) {
      irqchip.x86Ops().call(KvmX86Ops.Called.DELIVER_POSTED_INTERRUPT);
    }
    return 1;
  }

  /** Which of the destinations' bits the vector is hashed to (kvm_vector_to_index). */
  private static int chosen(KvmLapicIrq irq, int bits) {
    int left = bits;
    for (int skip = irq.vector() % Integer.bitCount(bits); skip > 0; skip--) {
      left &= left - 1;
    }
    return Integer.numberOfTrailingZeros(left);
  }

  private boolean broadcast(KvmLapicIrq irq) {
    return irq.destination() == KvmLapicIrq.BROADCAST
        || (broadcastQuirkDisabled && irq.destination() == KvmLapicIrq.X2APIC_BROADCAST);
  }

  private int deliverSlowly(KvmLapicIrq given) {
    KvmLapicIrq irq = given;
    boolean one = irq.lowestPriority();
    if (!irq.logical() && irq.destination() == KvmLapicIrq.BROADCAST && one) {
      irq = irq.fixed();
      one = irq.lowestPriority();
    }
    int result = -1;
    List<KvmLapic> candidates = new ArrayList<>(1);
    for (KvmLapic lapic : lapics) {
      if (!lapic.matches(irq.destination(), irq.logical())) {
        continue;
      }
      if (!one) {
        result = Math.max(result, 0) + take(lapic, irq);
      } else if (lapic.softwareEnabled()) {
        candidates.add(lapic);
      }
    }
    if (!candidates.isEmpty()) {
      result = take(candidates.get(irq.vector() % candidates.size()), irq);
    }
    return result;
  }

  /** The only vCPU that a message is for; null for none or several (kvm_intr_is_single_vcpu). */
  @Nullable KvmLapic single(KvmLapicIrq irq) {
    KvmApicMap known = map;
    if (known != null && !broadcast(irq)) {
      KvmLapic found = null;
      if (!irq.logical()) {
        found = known.physical(irq.destination());
      } else if (known.logicalResolved()) {
        int bits = known.logicalBits(irq.destination());
        if (bits != 0 && irq.lowestPriority()) {
          found = known.logical(irq.destination(), chosen(irq, bits));
        } else if (Integer.bitCount(bits) == 1) {
          found = known.logical(irq.destination(), Integer.numberOfTrailingZeros(bits));
        }
      }
      if (found != null) {
        return found;
      }
    }
    KvmLapic only = null;
    for (KvmLapic lapic : lapics) {
      if (lapic.matches(irq.destination(), irq.logical())) {
        if (only != null) {
          return null;
        }
        only = lapic;
      }
    }
    return only;
  }

  /** A guest's write of the interrupt command register (kvm_apic_send_ipi). */
  void sendIpi(KvmLapic from, int command, int destination) {
    KvmLapicIrq irq =
        new KvmLapicIrq(
            destination,
            command & 0xff,
            (command >> 8) & 7,
            (command & 0x800) != 0,
            (command & 0x8000) != 0,
            (command & 0x4000) != 0,
            false);
    int shorthand = (command >> 18) & 3;
    if (shorthand == 0) {
      deliver(irq);
    } else if (shorthand == SHORTHAND_SELF) {
      take(from, irq);
    } else {
      for (KvmLapic lapic : lapics) {
        if (shorthand == SHORTHAND_ALL || !lapic.equals(from)) {
          take(lapic, irq);
        }
      }
    }
  }

  /** A vCPU ends an interrupt: the I/O APIC may be told. */
  void endOfInterrupt(KvmLapic lapic, int vector, boolean levelTriggered) {
    KvmIoapic ioapic = irqchip.ioapic();
    if (ioapic != null && ioapic.handles(vector)) {
      ioapic.endOfInterrupt(vector, levelTriggered, lapic.directedEoi());
    }
  }
}
