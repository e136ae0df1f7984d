package io.virtrig.emulator.kernel.kvm;

import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.state.StateWriter;

/** An open {@code /dev/kvm} (virt/kvm/kvm_main.c). */
public final class Kvm extends OpenFile {

  /** Opens it. */
  public Kvm(Kernel kernel) {
    super(kernel.ids());
  }

  @Override
  public void writeState(StateWriter out) {}
}
