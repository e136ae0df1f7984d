package io.virtrig.emulator.vmm.intx;

import static io.virtrig.uapi.Vfio.*;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.vmm.InterruptCalls;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioDeviceGetIrqInfoResponse;

/**
 * The INTx of a device: vfio_pci_init_intx, _enable_intx and _disable_intx. Before the series the
 * unmask eventfd of each disable is lost.
 */
final class Intx implements Stateful {
  private static final int OFF = -1;

  private final InterruptCalls calls;
  private final int gsi;
  private final boolean series;
  private int trigger = OFF;
  private int unmask = OFF;

  /**
   * Not enabled yet.
   *
   * @param gsi of its line, taken once: the guest overwrites the register
   * @param series with the series applied
   */
  Intx(InterruptCalls calls, int gsi, boolean series) {
    this.calls = calls;
    this.gsi = gsi;
    this.series = series;
  }

  /** Makes sure that the device's INTx can be used. ENODEV, EINVAL. */
  void init() {
    VfioDeviceGetIrqInfoResponse info = calls.info(VFIO_PCI_INTX_IRQ_INDEX);
    if (info.getCount() == 0) {
      throw new KernelError(Errno.ENODEV, "the device has no INTx interrupt");
    }
    if ((info.getFlags() & VFIO_IRQ_INFO_EVENTFD) == 0) {
      throw KernelError.invalid("the device's INTx signals no eventfd");
    }
    if ((info.getFlags() & VFIO_IRQ_INFO_AUTOMASKED) == 0) {
      throw KernelError.invalid("the device's INTx is not masked by the host");
    }
  }

  /** Enables it; what fails is undone in reverse. */
  void enable() {
    if (series && trigger != OFF) {
      return;
    }
    int newTrigger = calls.eventfd("trigger");
    int newUnmask;
    try {
      newUnmask = calls.eventfd("unmask");
    } catch (KernelError e) {
      calls.close(newTrigger);
      throw e;
    }
    Result result = calls.assign(newTrigger, gsi, newUnmask);
    if (result.hasErrno()) {
      close(newTrigger, newUnmask);
      throw failed(result);
    }
    result = calls.eventfds(VFIO_IRQ_SET_ACTION_TRIGGER, VFIO_PCI_INTX_IRQ_INDEX, 0, newTrigger);
    if (result.hasErrno()) {
      calls.deassign(newTrigger, gsi);
      close(newTrigger, newUnmask);
      throw failed(result);
    }
    result = calls.eventfds(VFIO_IRQ_SET_ACTION_UNMASK, VFIO_PCI_INTX_IRQ_INDEX, 0, newUnmask);
    if (result.hasErrno()) {
      var _ = calls.disable(VFIO_PCI_INTX_IRQ_INDEX);
      calls.deassign(newTrigger, gsi);
      close(newTrigger, newUnmask);
      throw failed(result);
    }
    trigger = newTrigger;
    unmask = newUnmask;
  }

  private void close(int first, int second) {
    calls.close(first);
    calls.close(second);
  }

  static KernelError failed(Result result) {
    return new KernelError(
        Errno.valueOf(result.getErrno().getName()),
        result.getErrno().getOperation() + ": " + result.getErrno().getCheck());
  }

  /** Disables it. */
  void disable() {
    if (series && trigger == OFF) {
      return;
    }
    var _ = calls.disable(VFIO_PCI_INTX_IRQ_INDEX);
    calls.deassign(trigger, gsi);
    calls.close(trigger);
    if (series) {
      calls.close(unmask);
      trigger = OFF;
    }
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("gsi", gsi);
    out.number("trigger", trigger);
    out.number("unmask", unmask);
  }
}
