package io.virtrig.emulator.kernel.vfio.pci;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.kernel.eventfd.EventFdFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.time.Cost;
import io.virtrig.v1.EventKind;
import org.jspecify.annotations.Nullable;

/**
 * MSI or MSI-X while it is enabled (the second section of vfio_pci_intrs.c): as many vectors as the
 * call that enabled it asked for, each with a trigger or without. Without one the vector is masked
 * in the function, where that can be done. A vector with a trigger is an irqbypass producer, unless
 * it was refused.
 */
final class MsiVectors implements Stateful {
  private final Kernel kernel;
  private final PciFunction function;
  private final boolean extended;
  private final @Nullable EventFd[] triggers;
  private final @Nullable MsiProducer[] producers;

  /**
   * vfio_msi_enable. ERANGE for no vectors.
   *
   * @param extended MSI-X
   */
  MsiVectors(Kernel kernel, PciFunction function, boolean extended, int count) {
    if (count == 0) {
      throw new KernelError(Errno.ERANGE, "start + count is 0: no vector is to be enabled");
    }
    this.kernel = kernel;
    this.function = function;
    this.extended = extended;
    triggers = new @Nullable EventFd[count];
    producers = new @Nullable MsiProducer[count];
    kernel.iommu().prepareMessages(function);
    function.enableMessages(extended, count);
  }

  /** How many vectors are enabled. */
  int count() {
    return triggers.length;
  }

  /**
   * vfio_msi_set_block. A bad fd takes away its own vector's trigger and those of the vectors
   * before it in this call.
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
    if (fd < 0) {
      return;
    }
    EventFd trigger = EventFdFile.context(caller, fd);
    triggers[vector] = trigger;
    function.maskVector(extended, vector, false);
    MsiProducer producer = new MsiProducer(function, extended, vector, trigger);
    try {
      kernel.irqBypass().registerProducer(producer);
      producers[vector] = producer;
    } catch (KernelError e) {
      // Linux tells its log, and the vector works by its eventfd.
      kernel
          .events()
          .record(
              EventKind.EVENT_KIND_DEVICE,
              function.name(),
              "irq bypass producer registration fails: "
                  + producer.name()
                  + ": "
                  + e.errno()
                  + ", "
                  + e.getMessage());
    }
  }

  private void release(int vector) {
    MsiProducer producer = producers[vector];
    if (producer != null) {
      kernel.irqBypass().unregisterProducer(producer);
      producers[vector] = null;
    }
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

  /** The function's message arrived: it is posted to a vCPU, or goes to vfio_msihandler. */
  void message(int vector) {
    if (vector >= triggers.length) {
      return;
    }
    MsiProducer producer = producers[vector];
    if (producer == null || !producer.post()) {
      kernel.clock().charge(Cost.HOST_INTERRUPT);
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
        out.flag("producer " + vector, producers[vector] != null);
      }
    }
  }
}
