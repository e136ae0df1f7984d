package io.virtrig.emulator.kernel.vfio.ccw;

import static io.virtrig.uapi.Vfio.*;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.kernel.eventfd.EventFdFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.kernel.vfio.IrqSet;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.v1.VfioDeviceSetIrqsRequest;
import org.jspecify.annotations.Nullable;

/** The eventfd of one interrupt index. */
final class CcwTrigger {
  private @Nullable EventFd eventfd;

  /** vfio_ccw_mdev_set_irqs. The count, 0 or 1, is not looked at: the data are there. */
  void set(Task caller, IrqSet set, VfioDeviceSetIrqsRequest arg) {
    if ((set.action() & VFIO_IRQ_SET_ACTION_TRIGGER) == 0) {
      throw KernelError.invalid("ACTION_TRIGGER is not set");
    }
    if (set.kind() == VFIO_IRQ_SET_DATA_NONE) {
      signal();
      return;
    }
    if (arg.getDataCount() == 0) {
      throw KernelError.fault("no data are there");
    }
    int value = (int) arg.getData(0);
    if (set.kind() == VFIO_IRQ_SET_DATA_BOOL) {
      if ((value & 0xff) != 0) {
        signal();
      }
    } else if (value >= 0) {
      eventfd = EventFdFile.context(caller, value);
    } else if (value == -1) {
      eventfd = null;
    } else {
      throw KernelError.invalid("fd " + value + " is below -1");
    }
  }

  boolean isSet() {
    return eventfd != null;
  }

  /** Signals it, if there is one. */
  void signal() {
    if (eventfd != null) {
      eventfd.signal();
    }
  }

  void writeState(StateWriter out, String name) {
    if (eventfd != null) {
      out.shared(name, eventfd);
    }
  }
}
