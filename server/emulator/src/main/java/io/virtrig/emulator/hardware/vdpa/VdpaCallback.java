package io.virtrig.emulator.hardware.vdpa;

/** What whoever drives a device wants done when it interrupts (struct vdpa_callback). */
@FunctionalInterface
public interface VdpaCallback {

  /** The device interrupts. */
  void interrupt();
}
