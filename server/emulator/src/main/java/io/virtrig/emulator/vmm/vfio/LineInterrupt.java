package io.virtrig.emulator.vmm.vfio;

import static io.virtrig.emulator.vmm.InterruptCalls.NONE;
import static io.virtrig.uapi.Vfio.*;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.vmm.InterruptCalls;
import io.virtrig.emulator.vmm.Program;
import io.virtrig.emulator.vmm.VirtualMachine;
import io.virtrig.v1.Result;

/**
 * INTx (vfio_intx_enable, vfio_intx_enable_kvm and their counterparts). With a resampling irqfd KVM
 * and VFIO have it among themselves; without one QEMU reads the eventfd and raises the line.
 */
final class LineInterrupt implements Stateful {
  private final Program program;
  private final VirtualMachine vm;
  private final InterruptCalls calls;
  private final int gsi;
  private final boolean resample;
  private int trigger = NONE;
  private int unmask = NONE;
  private boolean bypass;
  private boolean asserted;

  /**
   * Off.
   *
   * @param gsi that the board routes its pin to
   * @param resample whether KVM has resampling irqfds
   */
  LineInterrupt(
      Program program, VirtualMachine vm, InterruptCalls calls, int gsi, boolean resample) {
    this.program = program;
    this.vm = vm;
    this.calls = calls;
    this.gsi = gsi;
    this.resample = resample;
  }

  /** Enables it. What fails leaves it off. */
  void enable() {
    int fd = calls.eventfd("trigger");
    Result result = calls.eventfds(VFIO_IRQ_SET_ACTION_TRIGGER, VFIO_PCI_INTX_IRQ_INDEX, 0, fd);
    if (result.hasErrno()) {
      calls.close(fd);
      throw new KernelError(
          Errno.valueOf(result.getErrno().getName()),
          "VFIO_DEVICE_SET_IRQS of INTx: " + result.getErrno().getCheck());
    }
    trigger = fd;
    if (resample) {
      enableBypass();
    }
  }

  /** Masked while it is set up; what fails is undone and QEMU handles the interrupt itself. */
  private void enableBypass() {
    calls.mask(VFIO_PCI_INTX_IRQ_INDEX, true);
    lower();
    int fd = calls.tryEventfd("unmask");
    if (fd != NONE) {
      if (!calls.assign(trigger, gsi, fd).hasErrno()) {
        if (!calls
            .eventfds(VFIO_IRQ_SET_ACTION_UNMASK, VFIO_PCI_INTX_IRQ_INDEX, 0, fd)
            .hasErrno()) {
          calls.mask(VFIO_PCI_INTX_IRQ_INDEX, false);
          unmask = fd;
          bypass = true;
          return;
        }
        calls.deassign(trigger, gsi);
      }
      calls.close(fd);
    }
    calls.mask(VFIO_PCI_INTX_IRQ_INDEX, false);
  }

  /** Disables it. */
  void disable() {
    if (bypass) {
      calls.mask(VFIO_PCI_INTX_IRQ_INDEX, true);
      lower();
      calls.deassign(trigger, gsi);
      calls.close(unmask);
      unmask = NONE;
      bypass = false;
      calls.mask(VFIO_PCI_INTX_IRQ_INDEX, false);
    }
    var _ = calls.disable(VFIO_PCI_INTX_IRQ_INDEX);
    lower();
    calls.close(trigger);
    trigger = NONE;
  }

  /** The main loop: without the bypass QEMU raises the line. */
  void turn() {
    if (trigger != NONE && !bypass && program.drain(trigger) && !asserted) {
      asserted = true;
      vm.line(gsi, true);
    }
  }

  /** pci_irq_deassert. */
  void lower() {
    if (asserted) {
      asserted = false;
      vm.line(gsi, false);
    }
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("gsi", gsi);
    out.number("trigger", trigger);
    out.number("unmask", unmask);
    out.flag("bypass", bypass);
    out.flag("asserted", asserted);
  }
}
