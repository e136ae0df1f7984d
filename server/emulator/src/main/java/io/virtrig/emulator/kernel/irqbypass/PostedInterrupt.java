package io.virtrig.emulator.kernel.irqbypass;

/**
 * Where a posted interrupt goes: what an interrupt remapping entry in posted mode holds, a vCPU's
 * posted-interrupt descriptor and a vector.
 */
public interface PostedInterrupt {

  /** Puts the interrupt into the vCPU's descriptor. No eventfd is touched. */
  void deliver();
}
