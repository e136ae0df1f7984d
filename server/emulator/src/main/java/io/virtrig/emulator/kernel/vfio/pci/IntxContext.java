package io.virtrig.emulator.kernel.vfio.pci;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.hardware.pci.PciRegs;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import org.jspecify.annotations.Nullable;

/**
 * INTx while it is enabled (the first section of vfio_pci_intrs.c).
 *
 * <p>How it works. The line is a level. When it is up and the interrupt is not masked, the function
 * is told to disable it, the interrupt is masked, and the trigger is signalled. Unmasking with the
 * line still up leaves it masked and signals once more. While the user has set the INTx disable bit
 * nothing is signalled and nothing unmasks.
 *
 * <p>A trigger that is its own unmask eventfd would go on for ever while the line is up; here the
 * signal that comes back to its sender is the last.
 */
final class IntxContext implements Stateful {
  private final PciFunction function;
  private @Nullable EventFd trigger;
  private @Nullable Virqfd unmask;
  private boolean masked;
  private boolean virtuallyDisabled;
  private boolean sending;

  /**
   * vfio_intx_enable, up to the point where the line may fire.
   *
   * @param virtuallyDisabled the user has set the INTx disable bit
   */
  IntxContext(PciFunction function, @Nullable EventFd trigger, boolean virtuallyDisabled) {
    this.function = function;
    this.trigger = trigger;
    this.virtuallyDisabled = virtuallyDisabled;
    masked = virtuallyDisabled;
  }

  /** The interrupt is requested: a line that is up fires. */
  void start() {
    function.command(PciRegs.PCI_COMMAND_INTX_DISABLE, masked);
    line();
  }

  /** vfio_intx_disable. */
  void stop() {
    removeUnmask();
    trigger = null;
  }

  /** vfio_intx_set_signal. */
  void trigger(@Nullable EventFd eventfd) {
    trigger = eventfd;
  }

  /** vfio_intx_handler. */
  void line() {
    if (!masked && function.lineUp()) {
      mask();
      send();
    }
  }

  /** vfio_send_intx_eventfd. */
  void send() {
    if (!virtuallyDisabled && trigger != null && !sending) {
      sending = true;
      trigger.signal();
      sending = false;
    }
  }

  /** vfio_pci_intx_mask. */
  void mask() {
    if (!masked) {
      masked = true;
      function.command(PciRegs.PCI_COMMAND_INTX_DISABLE, true);
    }
  }

  /** vfio_pci_intx_unmask. */
  void unmask() {
    if (!masked || virtuallyDisabled) {
      return;
    }
    if (function.lineUp()) {
      send();
    } else {
      masked = false;
      function.command(PciRegs.PCI_COMMAND_INTX_DISABLE, false);
    }
  }

  /** The user has set or cleared the INTx disable bit. */
  void virtuallyDisabled(boolean disabled) {
    virtuallyDisabled = disabled;
    if (disabled) {
      mask();
    } else {
      unmask();
    }
  }

  /** vfio_virqfd_enable. EBUSY while there is one. */
  void installUnmask(EventFd eventfd) {
    if (unmask != null) {
      throw new KernelError(Errno.EBUSY, "INTx has an unmask eventfd already");
    }
    unmask = new Virqfd(eventfd, this);
    unmask.enable();
  }

  /** vfio_virqfd_disable. */
  void removeUnmask() {
    if (unmask != null) {
      unmask.disable();
      unmask = null;
    }
  }

  /** The unmask eventfd's file is released. */
  void unmaskEventfdGone(Virqfd gone) {
    if (unmask == gone) {
      removeUnmask();
    }
  }

  @Override
  public void writeState(StateWriter out) {
    out.flag("masked", masked);
    if (trigger != null) {
      out.shared("trigger", trigger);
    }
    if (unmask != null) {
      out.shared("unmask", unmask.eventfd());
    }
  }
}
