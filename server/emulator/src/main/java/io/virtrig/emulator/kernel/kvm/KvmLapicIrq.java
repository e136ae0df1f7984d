package io.virtrig.emulator.kernel.kvm;

/**
 * An interrupt message to local APICs (struct kvm_lapic_irq).
 *
 * @param destination the destination field
 * @param vector 0 to 255
 * @param deliveryMode one of the modes below
 * @param logical the destination is a logical one
 * @param levelTriggered sets the vector's TMR bit
 * @param asserted false: the deassertion of a level, which nobody takes
 * @param redirectionHint any one of the destinations, as in lowest-priority mode
 */
record KvmLapicIrq(
    int destination,
    int vector,
    int deliveryMode,
    boolean logical,
    boolean levelTriggered,
    boolean asserted,
    boolean redirectionHint) {

  /** To the vector given. */
  static final int FIXED = 0;

  /** As fixed, to one of several. */
  static final int LOWEST = 1;

  /** System management interrupt. */
  static final int SMI = 2;

  /** Remote read; KVM uses it to wake a vCPU. */
  static final int REMOTE_READ = 3;

  /** Non-maskable interrupt. */
  static final int NMI = 4;

  /** Reset of the vCPU. */
  static final int INIT = 5;

  /** Start of the vCPU after a reset. */
  static final int STARTUP = 6;

  /** To everybody in xAPIC format. */
  static final int BROADCAST = 0xff;

  /** Everybody in x2APIC format. */
  static final int X2APIC_BROADCAST = -1;

  /**
   * What an MSI message says (kvm_set_msi_irq).
   *
   * @param extended KVM_X2APIC_API_USE_32BIT_IDS: the destination goes on in {@code addressHi}
   */
  static KvmLapicIrq ofMsi(int addressLo, int addressHi, int data, boolean extended) {
    int destination = (addressLo >>> 12) & 0xff;
    if (extended) {
      destination |= addressHi & 0xffffff00;
    }
    return new KvmLapicIrq(
        destination,
        data & 0xff,
        (data >>> 8) & 7,
        (addressLo & 4) != 0,
        (data & 0x8000) != 0,
        true,
        (addressLo & 8) != 0);
  }

  /** Whether only one of several destinations takes it. */
  boolean lowestPriority() {
    return deliveryMode == LOWEST || redirectionHint;
  }

  /** Whether an interrupt of the IOMMU can be posted instead (kvm_irq_is_postable). */
  boolean postable() {
    return deliveryMode == FIXED || deliveryMode == LOWEST;
  }

  /** The same in fixed mode to all destinations. */
  KvmLapicIrq fixed() {
    return new KvmLapicIrq(
        destination, vector, FIXED, logical, levelTriggered, asserted, redirectionHint);
  }
}
