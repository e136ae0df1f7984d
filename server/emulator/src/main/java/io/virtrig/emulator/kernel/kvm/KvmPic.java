package io.virtrig.emulator.kernel.kvm;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/**
 * The pair of 8259 interrupt controllers after reset (struct kvm_pic, arch/x86/kvm/i8259.c), with
 * every pin edge-triggered and unmasked. Guests do not reach its ports here.
 */
final class KvmPic implements Stateful {
  private static final int PINS = 8;

  /** The slave's output is wired to this pin of the master. */
  private static final int CASCADE = 2;

  private final int[] lastIrr = new int[2];
  private final int[] irr = new int[2];

  /** Which sources hold each of the 16 pins up. */
  private final int[] sources = new int[2 * PINS];

  /**
   * A source sets its level of a pin (kvm_pic_set_irq).
   *
   * @return 0 when an edge was lost because the last one still waits; otherwise 1
   */
  int setIrq(int pin, int source, boolean level) {
    sources[pin] = level ? sources[pin] | 1 << source : sources[pin] & ~(1 << source);
    int result = set(pin / PINS, pin % PINS, sources[pin] != 0);
    if (irr[1] != 0) {
      set(0, CASCADE, true);
      set(0, CASCADE, false);
    }
    return result;
  }

  private int set(int chip, int pin, boolean up) {
    int mask = 1 << pin;
    int result = 1;
    if (!up) {
      lastIrr[chip] &= ~mask;
      return result;
    }
    if ((lastIrr[chip] & mask) == 0) {
      result = (irr[chip] & mask) == 0 ? 1 : 0;
      irr[chip] |= mask;
    }
    lastIrr[chip] |= mask;
    return result;
  }

  /** Lines as last seen, of the master 0 or the slave 1. */
  int lastIrr(int chip) {
    return lastIrr[chip];
  }

  /** Requests, of the master 0 or the slave 1. */
  int irr(int chip) {
    return irr[chip];
  }

  @Override
  public void writeState(StateWriter out) {
    for (int chip = 0; chip < 2; chip++) {
      out.hex("last_irr", lastIrr[chip]);
      out.hex("irr", irr[chip]);
    }
    for (int pin = 0; pin < sources.length; pin++) {
      out.hex("sources", sources[pin]);
    }
  }
}
