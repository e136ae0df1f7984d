package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.uapi.Kvm.KVM_IOAPIC_NUM_PINS;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.Arrays;

/** The I/O APIC (struct kvm_ioapic, arch/x86/kvm/ioapic.c of Linux 6.1). */
final class KvmIoapic implements KvmIoDevice, Stateful {
  /** Where guests find it. */
  static final long BASE = 0xfec00000L;

  /** Bytes it answers. */
  static final int LENGTH = 0x100;

  private static final int SELECT = 0x00;
  private static final int WINDOW = 0x10;
  private static final int REGISTER_ID = 0;
  private static final int REGISTER_VERSION = 1;
  private static final int REGISTER_ARBITRATION = 2;
  private static final int VERSION = (KVM_IOAPIC_NUM_PINS - 1) << 16 | 0x11;

  /** The pin of the real-time clock, whose EOIs are tracked. */
  private static final int RTC_PIN = 8;

  private static final long DELIVERY_STATUS = 1L << 12;
  private static final long REMOTE_IRR = 1L << 14;
  private static final long LEVEL_TRIGGERED = 1L << 15;
  private static final long MASKED = 1L << 16;

  private final KvmIrqchip irqchip;
  private final long[] redirections = new long[KVM_IOAPIC_NUM_PINS];

  /** Which sources hold each pin up. */
  private final int[] sources = new int[KVM_IOAPIC_NUM_PINS];

  private int select;
  private int id;
  private int irr;
  private int irrDelivered;

  KvmIoapic(KvmIrqchip irqchip) {
    this.irqchip = irqchip;
    Arrays.fill(redirections, MASKED);
  }

  private boolean is(int pin, long bit) {
    return (redirections[pin] & bit) != 0;
  }

  private int vector(int pin) {
    return (int) redirections[pin] & 0xff;
  }

  /**
   * A source sets its level of a pin (kvm_ioapic_set_irq).
   *
   * @return -1 masked or waiting for an EOI, 0 coalesced, otherwise how many vCPUs took it; 1 when
   *     the line is down
   */
  int setIrq(int pin, int source, boolean level) {
    sources[pin] = level ? sources[pin] | 1 << source : sources[pin] & ~(1 << source);
    int mask = 1 << pin;
    if (sources[pin] == 0) {
      irr &= ~mask;
      return 1;
    }
    boolean waiting = (irr & mask) != 0;
    irr |= mask;
    if (!is(pin, LEVEL_TRIGGERED)) {
      irrDelivered &= ~mask;
      if (waiting) {
        return 0;
      }
    }
    return service(pin);
  }

  /** Whether some source holds the pin up. */
  boolean up(int pin) {
    return sources[pin] != 0;
  }

  /** Sends the pin's message, if it may (ioapic_service). */
  private int service(int pin) {
    boolean level = is(pin, LEVEL_TRIGGERED);
    if (is(pin, MASKED) || (level && is(pin, REMOTE_IRR))) {
      return -1;
    }
    long redirection = redirections[pin];
    if (!level) {
      irrDelivered |= 1 << pin;
    }
    int taken =
        irqchip
            .apics()
            .deliver(
                new KvmLapicIrq(
                    (int) (redirection >>> 56),
                    vector(pin),
                    (int) (redirection >>> 8) & 7,
                    (redirection & 1 << 11) != 0,
                    level,
                    true,
                    false));
    if (taken != 0 && level) {
      redirections[pin] |= REMOTE_IRR;
    }
    return taken;
  }

  /** As {@link #service}, outside an event of a GSI: it is counted here. */
  private void serviceAgain(int pin) {
    if (service(pin) > 0) {
      irqchip.tookFromPin();
    }
  }

  /** Whether EOIs of the vector concern a pin (kvm_ioapic_scan_entry). */
  boolean handles(int vector) {
    for (int pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++) {
      if (vector(pin) == vector
          && (is(pin, LEVEL_TRIGGERED) || pin == RTC_PIN || irqchip.hasAckNotifier(pin))) {
        return true;
      }
    }
    return false;
  }

  /**
   * A vCPU has ended an interrupt (kvm_ioapic_update_eoi).
   *
   * @param directed the vCPU keeps EOIs to itself
   */
  void endOfInterrupt(int vector, boolean levelTriggered, boolean directed) {
    for (int pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++) {
      if (vector(pin) != vector) {
        continue;
      }
      irqchip.notifyAcked(pin);
      if (!levelTriggered || directed) {
        continue;
      }
      redirections[pin] &= ~REMOTE_IRR;
      if (!is(pin, MASKED) && (irr & 1 << pin) != 0) {
        serviceAgain(pin);
      }
    }
  }

  private static boolean inRange(long address) {
    return address >= BASE && address < BASE + LENGTH;
  }

  @Override
  public boolean write(long address, int length, long value) {
    if (!inRange(address)) {
      return false;
    }
    switch ((int) address & 0xff) {
      case SELECT -> select = (int) value & 0xff;
      case WINDOW -> writeRegister((int) value);
      default -> {}
    }
    return true;
  }

  private void writeRegister(int value) {
    switch (select) {
      case REGISTER_VERSION, REGISTER_ARBITRATION -> {}
      case REGISTER_ID -> id = (value >> 24) & 0xf;
      default -> writeRedirection((select - 0x10) >> 1, (select & 1) != 0, value);
    }
  }

  private void writeRedirection(int pin, boolean high, int value) {
    if (pin < 0 || pin >= KVM_IOAPIC_NUM_PINS) {
      return;
    }
    long kept = redirections[pin] & (REMOTE_IRR | DELIVERY_STATUS);
    long half = Integer.toUnsignedLong(value);
    long written =
        high
            ? (redirections[pin] & 0xffffffffL) | half << 32
            : (redirections[pin] & ~0xffffffffL) | half;
    redirections[pin] = (written & ~(REMOTE_IRR | DELIVERY_STATUS)) | kept;
    if (!is(pin, LEVEL_TRIGGERED)) {
      redirections[pin] &= ~REMOTE_IRR;
    } else if ((irr & 1 << pin) != 0) {
      serviceAgain(pin);
    }
  }

  @Override
  public boolean read(long address, int length, byte[] to, int at) {
    if (!inRange(address)) {
      return false;
    }
    long result =
        switch ((int) address & 0xff) {
          case SELECT -> select;
          case WINDOW -> readRegister();
          default -> 0;
        };
    for (int i = 0; i < length; i++) {
      to[at + i] = (byte) (result >>> (8 * i));
    }
    return true;
  }

  private long readRegister() {
    return switch (select) {
      case REGISTER_VERSION -> VERSION;
      case REGISTER_ID, REGISTER_ARBITRATION -> (long) id << 24;
      default -> {
        int pin = (select - 0x10) >> 1;
        long redirection = pin >= 0 && pin < KVM_IOAPIC_NUM_PINS ? redirections[pin] : -1L;
        yield ((select & 1) != 0 ? redirection >>> 32 : redirection) & 0xffffffffL;
      }
    };
  }

  /** The index register. */
  int select() {
    return select;
  }

  /** Its id. */
  int id() {
    return id;
  }

  /** Lines that are up and were not delivered as an edge. */
  int irr() {
    return irr & ~irrDelivered;
  }

  /** A pin's entry of the redirection table. */
  long redirection(int pin) {
    return redirections[pin];
  }

  @Override
  public void writeState(StateWriter out) {
    out.hex("ioregsel", select);
    out.number("id", id);
    out.hex("irr", irr);
    out.hex("irr_delivered", irrDelivered);
    for (int pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++) {
      out.hex("redirection " + pin, redirections[pin]);
      out.hex("sources " + pin, sources[pin]);
    }
  }
}
