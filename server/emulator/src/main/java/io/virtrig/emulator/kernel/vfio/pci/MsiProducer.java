package io.virtrig.emulator.kernel.vfio.pci;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.kernel.irqbypass.IrqBypassConsumer;
import io.virtrig.emulator.kernel.irqbypass.IrqBypassProducer;

/** An MSI or MSI-X vector as a source of interrupts that may bypass the host. */
final class MsiProducer extends IrqBypassProducer {
  private final PciFunction function;

  MsiProducer(PciFunction function, boolean extended, int vector, EventFd trigger) {
    super(trigger, function.name() + (extended ? " msix " : " msi ") + vector);
    this.function = function;
  }

  /** vfio-pci has nothing to do here; it fails where a fault is armed. */
  @Override
  protected void addConsumer(IrqBypassConsumer consumer) {
    if (function.takeConnectFailure()) {
      throw KernelError.invalid("an armed irqbypass-connect fault of " + function.name());
    }
  }
}
