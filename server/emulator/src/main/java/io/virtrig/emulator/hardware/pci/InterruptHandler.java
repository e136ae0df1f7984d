package io.virtrig.emulator.hardware.pci;

/** Who takes a function's interrupts: in the kernel, what request_irq registers. */
public interface InterruptHandler {

  /** The INTx line is up and the function does not disable it. */
  void line();

  /** A message arrived. */
  void message(int vector);

  /** The function reported an uncorrectable error. */
  void error();

  /** The host wants the function back. */
  void removalRequested();
}
