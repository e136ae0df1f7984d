package io.virtrig.emulator.kernel.vhost;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.vdpa.RemappingEntry;
import io.virtrig.emulator.hardware.vdpa.VdpaDevice;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.kernel.irqbypass.IrqBypassConsumer;
import io.virtrig.emulator.kernel.irqbypass.IrqBypassProducer;
import io.virtrig.emulator.kernel.irqbypass.PostedInterrupt;
import org.jspecify.annotations.Nullable;

/** A virtqueue's interrupt as one that may bypass the host. */
final class VdpaProducer extends IrqBypassProducer implements RemappingEntry {
  private final VdpaDevice device;

  VdpaProducer(VdpaDevice device, int queue, @Nullable EventFd token) {
    super(token, device.name() + " queue " + queue);
    this.device = device;
  }

  /** vhost-vdpa has nothing to do here; it fails where a fault is armed. */
  @Override
  protected void addConsumer(IrqBypassConsumer consumer) {
    if (device.interrupts().takeConnectFailure()) {
      throw KernelError.invalid("an armed irqbypass-connect fault of " + device.name());
    }
  }

  @Override
  public void setVcpuAffinity(@Nullable PostedInterrupt target) {
    if (target != null && device.interrupts().takeAffinityFailure()) {
      throw new KernelError(Errno.ENOSYS, "an armed vcpu_affinity fault of " + device.name());
    }
    super.setVcpuAffinity(target);
  }
}
