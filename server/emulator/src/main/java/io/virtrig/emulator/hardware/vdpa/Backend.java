package io.virtrig.emulator.hardware.vdpa;

import io.virtrig.emulator.state.Stateful;

/** What a device of a class does with the requests in its queues. */
abstract sealed class Backend implements Stateful permits VirtioBlock, VirtioNet {
  final VdpaDevice device;

  Backend(VdpaDevice device) {
    this.device = device;
  }

  /** Runs until nothing is left to be done, or a ring is broken. */
  abstract void run();
}
