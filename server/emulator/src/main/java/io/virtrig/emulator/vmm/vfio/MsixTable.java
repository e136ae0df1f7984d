package io.virtrig.emulator.vmm.vfio;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.Arrays;

/** A guest's MSI-X table and its pending bits (hw/pci/msix.c). */
final class MsixTable implements Stateful {

  /** Hears of vectors that come into use and go out of it, while it is asked to. */
  interface Notifier {
    /** A vector is no longer masked. */
    void use(int vector);

    /** A vector is masked. */
    void release(int vector);

    /** A vector that waited may go. */
    void send(int vector);
  }

  private final long[] address;
  private final int[] data;
  private final boolean[] masked;
  private final boolean[] pending;
  private boolean functionMasked = true;
  private boolean notifying;

  MsixTable(int entries) {
    address = new long[entries];
    data = new int[entries];
    masked = new boolean[entries];
    pending = new boolean[entries];
    Arrays.fill(masked, true);
  }

  int size() {
    return masked.length;
  }

  long address(int vector) {
    return address[vector];
  }

  int data(int vector) {
    return data[vector];
  }

  boolean masked(int vector) {
    return functionMasked || masked[vector];
  }

  /** What cannot be sent now is kept. */
  void pend(int vector) {
    pending[vector] = true;
  }

  /** The guest writes an entry's words in order; only the last one, the mask, is acted on. */
  void write(int vector, long newAddress, int newData, boolean newMask, Notifier notifier) {
    boolean before = masked(vector);
    address[vector] = newAddress;
    data[vector] = newData;
    masked[vector] = newMask;
    changed(vector, before, notifier);
  }

  /** The control word has been written: msix_write_config. */
  void control(boolean enabled, boolean maskAll, Notifier notifier) {
    boolean before = functionMasked;
    functionMasked = !enabled || maskAll;
    if (!enabled || functionMasked == before) {
      return;
    }
    for (int vector = 0; vector < masked.length; vector++) {
      changed(vector, before || masked[vector], notifier);
    }
  }

  private void changed(int vector, boolean before, Notifier notifier) {
    boolean now = masked(vector);
    if (now == before) {
      return;
    }
    if (notifying && now) {
      notifier.release(vector);
    } else if (notifying) {
      notifier.use(vector);
    }
    if (!now && pending[vector]) {
      pending[vector] = false;
      notifier.send(vector);
    }
  }

  /** msix_set_vector_notifiers: vectors that are not masked are in use at once. */
  void startNotifying(Notifier notifier) {
    notifying = true;
    for (int vector = 0; vector < masked.length; vector++) {
      if (!masked(vector)) {
        notifier.use(vector);
      }
    }
  }

  /** msix_unset_vector_notifiers, which asserts that there are some. */
  void stopNotifying(Notifier notifier) {
    if (!notifying) {
      throw new Aborted("msix_unset_vector_notifiers: MSI has taken the place of MSI-X");
    }
    for (int vector = 0; vector < masked.length; vector++) {
      if (!masked(vector)) {
        notifier.release(vector);
      }
    }
    notifying = false;
  }

  /** msix_vector_unuse: nothing waits any longer. */
  void unuse(int vector) {
    pending[vector] = false;
  }

  /** msix_reset. */
  void reset() {
    Arrays.fill(address, 0);
    Arrays.fill(data, 0);
    Arrays.fill(masked, true);
    Arrays.fill(pending, false);
    functionMasked = true;
  }

  @Override
  public void writeState(StateWriter out) {
    out.flag("function_masked", functionMasked);
    out.flag("notifying", notifying);
    for (int vector = 0; vector < masked.length; vector++) {
      if (address[vector] != 0 || data[vector] != 0 || !masked[vector] || pending[vector]) {
        String name = "vector" + vector + "_";
        out.hex(name + "address", address[vector]);
        out.hex(name + "data", data[vector]);
        out.flag(name + "masked", masked[vector]);
        out.flag(name + "pending", pending[vector]);
      }
    }
  }
}
