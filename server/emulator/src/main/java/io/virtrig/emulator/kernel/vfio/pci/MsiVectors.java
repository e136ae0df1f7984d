package io.virtrig.emulator.kernel.vfio.pci;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.kernel.eventfd.EventFdFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import org.jspecify.annotations.Nullable;

/**
 * MSI or MSI-X while it is enabled (the second section of vfio_pci_intrs.c): as many vectors as the
 * call that enabled it asked for, each with a trigger or without. Without one the vector is masked
 * in the function, where that can be done.
 */
final class MsiVectors implements Stateful {
  private final PciFunction function;
  private final boolean extended;
  private final @Nullable EventFd[] triggers;

  /**
   * vfio_msi_enable. ERANGE for no vectors.
   *
   * @param extended MSI-X
   */
  MsiVectors(PciFunction function, boolean extended, int count) {
    if (count == 0) {
      throw new KernelError(Errno.ERANGE, "start + count is 0: no vector is to be enabled");
    }
    this.function = function;
    this.extended = extended;
    triggers = new @Nullable EventFd[count];
    function.enableMessages(extended, count);
  }

  /** How many vectors are enabled. */
  int count() {
    return triggers.length;
  }

  /**
   * vfio_msi_set_block. A bad fd takes the triggers of the vectors before it in this call, and its
   * own, away.
   */
  void set(Task caller, int start, int[] fds) {
    if (start >= triggers.length || start + fds.length > triggers.length) {
      throw KernelError.invalid(
          "vectors "
              + start
              + " to "
              + (start + fds.length - 1)
              + ": only "
              + triggers.length
              + " are enabled, and more needs disabling first");
    }
    int done = 0;
    try {
      for (; done < fds.length; done++) {
        set(caller, start + done, fds[done]);
      }
    } catch (KernelError e) {
      for (int vector = start + done; vector >= start; vector--) {
        release(vector);
      }
      throw e;
    }
  }

  /** vfio_msi_set_vector_signal. */
  private void set(Task caller, int vector, int fd) {
    release(vector);
    if (fd >= 0) {
      triggers[vector] = EventFdFile.context(caller, fd);
      function.maskVector(extended, vector, false);
    }
  }

  private void release(int vector) {
    if (triggers[vector] != null) {
      function.maskVector(extended, vector, true);
      triggers[vector] = null;
    }
  }

  /** vfio_msi_disable. */
  void disable() {
    for (int vector = 0; vector < triggers.length; vector++) {
      release(vector);
    }
    function.disableMessages(extended);
  }

  /** vfio_msihandler: the function's message arrived. */
  void message(int vector) {
    if (vector < triggers.length) {
      loopback(vector);
    }
  }

  /** Signals the vector's trigger, if it has one, without the function. */
  void loopback(int vector) {
    EventFd trigger = triggers[vector];
    if (trigger != null) {
      trigger.signal();
    }
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("count", triggers.length);
    for (int vector = 0; vector < triggers.length; vector++) {
      EventFd trigger = triggers[vector];
      if (trigger != null) {
        out.shared("vector " + vector, trigger);
      }
    }
  }
}
