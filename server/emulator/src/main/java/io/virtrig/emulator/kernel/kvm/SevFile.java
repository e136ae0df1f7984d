package io.virtrig.emulator.kernel.kvm;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;

/** An open {@code /dev/sev} (drivers/crypto/ccp/sev-dev.c). Its own ioctls are not simulated. */
public final class SevFile extends OpenFile {

  /** Opens it. */
  public SevFile(Kernel kernel) {
    super(kernel.ids());
  }

  @Override
  public Result ioctl(Task caller, Operation operation) {
    switch (operation.getOpCase()) {
      case GUEST_READ, GUEST_WRITE, GUEST_IRQS ->
          throw Refused.invalid("target_fd", "/dev/sev is no VM");
      default -> {}
    }
    return super.ioctl(caller, operation);
  }

  @Override
  public void writeState(StateWriter out) {}
}
