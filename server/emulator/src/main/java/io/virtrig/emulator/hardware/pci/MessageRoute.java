package io.virtrig.emulator.hardware.pci;

/** The way of a function's message-signalled interrupts to the interrupt controller. */
interface MessageRoute {

  /** Whether a message written now gets there. */
  boolean arrives();
}
