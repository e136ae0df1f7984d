package io.virtrig.emulator.kernel.vfio.pci;

import static io.virtrig.uapi.Vfio.*;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.pci.InterruptHandler;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.hardware.pci.PciRegs;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.kernel.eventfd.EventFdFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.kernel.vfio.IrqSet;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioDeviceSetIrqsRequest;
import io.virtrig.v1.VfioDeviceSetIrqsResponse;
import io.virtrig.wire.Results;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The interrupts of a device as its user has set them up (drivers/vfio/pci/vfio_pci_intrs.c, Linux
 * 6.1). INTx, MSI and MSI-X exclude each other; error and request triggers stand beside them.
 */
final class VfioPciIrqs implements Stateful, InterruptHandler, VfioPciConfig.Listener {
  private static final Result DONE = Results.of(VfioDeviceSetIrqsResponse.getDefaultInstance());

  private final Kernel kernel;
  private final PciFunction function;
  private final @Nullable DmaFaultRegions faults;
  private final SingleTrigger error = new SingleTrigger();
  private final SingleTrigger request = new SingleTrigger();
  private @Nullable IntxContext intx;
  private @Nullable MsiVectors messages;

  /** Which of MSI and MSI-X the vectors are of. */
  private boolean extended;

  private boolean intxDisabled;
  private int msiQueueSize;

  /**
   * Nothing is set up.
   *
   * @param faults the regions of the nested SMMU series, where the kernel has it
   */
  VfioPciIrqs(Kernel kernel, PciFunction function, @Nullable DmaFaultRegions faults) {
    this.kernel = kernel;
    this.function = function;
    this.faults = faults;
  }

  /** VFIO_DEVICE_SET_IRQS. */
  Result set(Task caller, VfioDeviceSetIrqsRequest arg, VfioPciInfo info) {
    IrqSet set = IrqSet.of(arg, info.numIrqs(), info::irqCount);
    boolean trigger = set.action() == VFIO_IRQ_SET_ACTION_TRIGGER;
    switch (set.index()) {
      case VFIO_PCI_INTX_IRQ_INDEX -> setIntx(caller, set);
      case VFIO_PCI_MSI_IRQ_INDEX, VFIO_PCI_MSIX_IRQ_INDEX -> {
        requireAction(trigger, set);
        triggerMessages(caller, set);
      }
      case VFIO_PCI_ERR_IRQ_INDEX -> {
        requireAction(trigger && info.express(), set);
        error.set(caller, set);
      }
      case VFIO_PCI_REQ_IRQ_INDEX -> {
        requireAction(trigger, set);
        request.set(caller, set);
      }
      default -> {
        requireAction(trigger, set);
        Objects.requireNonNull(faults).trigger().set(caller, set);
      }
    }
    return DONE;
  }

  private static void requireAction(boolean known, IrqSet set) {
    if (!known) {
      throw new KernelError(
          Errno.ENOTTY,
          "index "
              + set.index()
              + " has no action for the flags 0x"
              + Integer.toHexString(set.action()));
    }
  }

  private void setIntx(Task caller, IrqSet set) {
    switch (set.action()) {
      case VFIO_IRQ_SET_ACTION_MASK -> maskIntx(set);
      case VFIO_IRQ_SET_ACTION_UNMASK -> unmaskIntx(caller, set);
      case VFIO_IRQ_SET_ACTION_TRIGGER -> triggerIntx(caller, set);
      default -> requireAction(false, set);
    }
  }

  /** vfio_pci_set_intx_mask. */
  private void maskIntx(IrqSet set) {
    IntxContext context = requireIntx(set);
    if (set.kind() == VFIO_IRQ_SET_DATA_EVENTFD) {
      throw new KernelError(Errno.ENOTTY, "INTx has no mask eventfd");
    }
    if (set.selects(0)) {
      context.mask();
    }
  }

  /** vfio_pci_set_intx_unmask. */
  private void unmaskIntx(Task caller, IrqSet set) {
    IntxContext context = requireIntx(set);
    if (set.kind() != VFIO_IRQ_SET_DATA_EVENTFD) {
      if (set.selects(0)) {
        context.unmask();
      }
    } else if (set.data()[0] >= 0) {
      context.installUnmask(EventFdFile.context(caller, set.data()[0]));
    } else {
      context.removeUnmask();
    }
  }

  private IntxContext requireIntx(IrqSet set) {
    if (intx == null) {
      throw KernelError.invalid("INTx is not enabled");
    }
    requireOne(set);
    return intx;
  }

  private static void requireOne(IrqSet set) {
    if (set.start() != 0 || set.count() != 1) {
      throw KernelError.invalid("INTx needs start 0 and count 1");
    }
  }

  /** vfio_pci_set_intx_trigger. */
  private void triggerIntx(Task caller, IrqSet set) {
    if (intx != null && set.count() == 0 && set.kind() == VFIO_IRQ_SET_DATA_NONE) {
      disableIntx();
      return;
    }
    if (messages != null) {
      throw KernelError.invalid((extended ? "MSI-X" : "MSI") + " is enabled");
    }
    requireOne(set);
    if (set.kind() == VFIO_IRQ_SET_DATA_EVENTFD) {
      int fd = set.data()[0];
      EventFd trigger = fd < 0 ? null : EventFdFile.context(caller, fd);
      if (intx != null) {
        intx.trigger(trigger);
      } else {
        intx = new IntxContext(function, trigger, intxDisabled);
        intx.start();
      }
      return;
    }
    if (intx == null) {
      throw KernelError.invalid("INTx is not enabled");
    }
    if (set.selects(0)) {
      intx.send();
    }
  }

  private void disableIntx() {
    if (intx != null) {
      intx.stop();
      intx = null;
    }
  }

  /** vfio_pci_set_msi_trigger. */
  private void triggerMessages(Task caller, IrqSet set) {
    boolean wanted = set.index() == VFIO_PCI_MSIX_IRQ_INDEX;
    boolean enabled = messages != null && extended == wanted;
    if (enabled && set.count() == 0 && set.kind() == VFIO_IRQ_SET_DATA_NONE) {
      disableMessages();
      return;
    }
    if (intx != null || (messages != null && !enabled)) {
      throw KernelError.invalid("another kind of interrupt is enabled");
    }
    if (set.kind() == VFIO_IRQ_SET_DATA_EVENTFD) {
      if (messages == null) {
        enableMessages(caller, set, wanted);
      } else {
        messages.set(caller, set.start(), set.data());
      }
      return;
    }
    if (messages == null || set.start() + set.count() > messages.count()) {
      throw KernelError.invalid(
          "vectors up to " + (set.start() + set.count() - 1) + " are not enabled");
    }
    for (int i = 0; i < set.count(); i++) {
      if (set.selects(i)) {
        messages.loopback(set.start() + i);
      }
    }
  }

  private void enableMessages(Task caller, IrqSet set, boolean wanted) {
    MsiVectors made = new MsiVectors(kernel, function, wanted, set.start() + set.count());
    messages = made;
    extended = wanted;
    if (!wanted) {
      msiQueueSize = Integer.SIZE - Integer.numberOfLeadingZeros(made.count() * 2 - 1) - 1;
    }
    try {
      made.set(caller, set.start(), set.data());
    } catch (KernelError e) {
      disableMessages();
      throw e;
    }
  }

  private void disableMessages() {
    if (messages != null) {
      messages.disable();
      messages = null;
    }
  }

  /** The last close: everything is disabled and every trigger released. */
  void disable() {
    disableIntx();
    disableMessages();
    error.release();
    request.release();
    if (faults != null) {
      faults.trigger().release();
    }
  }

  @Override
  public void line() {
    if (intx != null) {
      intx.line();
    }
  }

  @Override
  public void message(int vector) {
    if (messages != null) {
      messages.message(vector);
    }
  }

  @Override
  public void error() {
    error.signal();
  }

  @Override
  public void removalRequested() {
    request.signal();
  }

  @Override
  public void intxDisabled(boolean disabled) {
    intxDisabled = disabled;
    if (intx != null) {
      intx.virtuallyDisabled(disabled);
    } else {
      // The physical bit follows the virtual one.
      function.command(PciRegs.PCI_COMMAND_INTX_DISABLE, disabled);
    }
  }

  @Override
  public boolean msiEnabled() {
    return messages != null && !extended;
  }

  @Override
  public int msiQueueSize() {
    return msiQueueSize;
  }

  @Override
  public void writeState(StateWriter out) {
    out.flag("intx_disabled", intxDisabled);
    out.number("msi_queue_size", msiQueueSize);
    if (intx != null) {
      out.child("intx", "", intx);
    }
    if (messages != null) {
      out.child(extended ? "msix" : "msi", "", messages);
    }
    error.writeState(out, "error");
    request.writeState(out, "request");
  }
}
