package io.virtrig.emulator.kernel.vfio.pci;

import static io.virtrig.uapi.Vfio.VFIO_IRQ_SET_DATA_BOOL;
import static io.virtrig.uapi.Vfio.VFIO_IRQ_SET_DATA_NONE;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.kernel.eventfd.EventFdFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.kernel.vfio.IrqSet;
import io.virtrig.emulator.state.StateWriter;
import org.jspecify.annotations.Nullable;

/** The error or request trigger of a device (vfio_pci_set_ctx_trigger_single). */
final class SingleTrigger {
  private @Nullable EventFd eventfd;

  void set(Task caller, IrqSet set) {
    if (set.start() != 0 || set.count() > 1) {
      throw KernelError.invalid("start must be 0 and count at most 1");
    }
    if (set.kind() == VFIO_IRQ_SET_DATA_NONE) {
      if (eventfd == null) {
        throw KernelError.invalid("no trigger is set");
      }
      if (set.count() == 0) {
        eventfd = null;
      } else {
        signal();
      }
      return;
    }
    if (set.count() == 0) {
      throw KernelError.invalid("count is 0");
    }
    int value = set.data()[0];
    if (set.kind() == VFIO_IRQ_SET_DATA_BOOL) {
      if (value != 0) {
        signal();
      }
    } else if (value >= 0) {
      eventfd = EventFdFile.context(caller, value);
    } else if (value == -1) {
      eventfd = null;
    }
  }

  /** Signals it, if there is one. */
  void signal() {
    if (eventfd != null) {
      eventfd.signal();
    }
  }

  void release() {
    eventfd = null;
  }

  void writeState(StateWriter out, String name) {
    if (eventfd != null) {
      out.shared(name, eventfd);
    }
  }
}
