package io.virtrig.emulator.vmm.intx;

import static io.virtrig.uapi.Vfio.VFIO_IRQ_INFO_EVENTFD;
import static io.virtrig.uapi.Vfio.VFIO_IRQ_SET_ACTION_TRIGGER;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.vmm.InterruptCalls;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioDeviceGetIrqInfoResponse;
import java.util.Arrays;

/**
 * A device's MSI or MSI-X capability (struct vfio_pci_msi_common): what the guest has set up, what
 * the host has. VFIO knows no masking, so a vector's mask is whether it has an irqfd.
 */
final class MsiCapability implements Stateful {
  private static final int NONE = -1;

  /** One vector; both sides start masked. */
  private static final class Vector {
    int gsi = NONE;
    int eventfd = NONE;
    boolean guestMasked = true;
    boolean hostMasked = true;
    long address;
    int data;
  }

  private final int index;
  private final InterruptCalls calls;
  private final IrqRoutes routes;
  private final Vector[] vectors;

  /** The eventfds of the prepared SET_IRQS. */
  private final int[] prepared;

  private boolean guestEnabled;
  private boolean guestMasked;
  private boolean hostEnabled;
  private boolean hostEmpty;

  MsiCapability(int index, int count, InterruptCalls calls, IrqRoutes routes) {
    this.index = index;
    this.calls = calls;
    this.routes = routes;
    vectors = new Vector[count];
    for (int i = 0; i < count; i++) {
      vectors[i] = new Vector();
    }
    prepared = new int[count];
    Arrays.fill(prepared, NONE);
  }

  /** How many vectors it has. */
  int size() {
    return vectors.length;
  }

  /** vfio_pci_init_msis. EINVAL. */
  void init() {
    VfioDeviceGetIrqInfoResponse info = calls.info(index);
    if ((info.getFlags() & VFIO_IRQ_INFO_EVENTFD) == 0) {
      throw KernelError.invalid("interrupt index " + index + " signals no eventfd");
    }
    if (info.getCount() != vectors.length) {
      throw KernelError.invalid(
          "interrupt index " + index + " has " + info.getCount() + ", not " + vectors.length);
    }
  }

  boolean guestEnabled() {
    return guestEnabled;
  }

  /** The control word's enable bit, on the guest's side. */
  void guestEnabled(boolean enabled) {
    guestEnabled = enabled;
  }

  /** The function mask. */
  void guestMasked(boolean masked) {
    guestMasked = masked;
  }

  /** The guest writes a vector's message and mask. */
  void write(int vector, long address, int data, boolean masked) {
    vectors[vector].address = address;
    vectors[vector].data = data;
    vectors[vector].guestMasked = masked;
  }

  /** All of MSI's vectors have one message. */
  void writeMessage(long address, int data) {
    for (Vector vector : vectors) {
      vector.address = address;
      vector.data = data;
    }
  }

  /** A vector's mask bit. */
  void mask(int vector, boolean masked) {
    vectors[vector].guestMasked = masked;
  }

  /** vfio_pci_update_msi_entry: eventfd, route, irqfd, as far as they are not as they must be. */
  void update(int number) {
    Vector vector = vectors[number];
    if (vector.eventfd == NONE) {
      vector.eventfd = calls.eventfd("vector" + number);
    }
    if (vector.gsi == NONE) {
      vector.gsi = routes.add(vector.address, vector.data);
      if (vector.gsi == NONE) {
        return;
      }
    } else {
      routes.update(vector.gsi, vector.address, vector.data);
    }
    if (vector.guestMasked == vector.hostMasked) {
      return;
    }
    if (vector.guestMasked) {
      calls.deassign(vector.eventfd, vector.gsi);
    } else {
      Result result = calls.assign(vector.eventfd, vector.gsi, NONE);
      if (result.hasErrno()) {
        return;
      }
    }
    vector.hostMasked = vector.guestMasked;
  }

  /** vfio_pci_enable_msis, after INTx is off. Errors go to kvmtool's log. */
  void enable() {
    if (!hostEnabled || (!guestMasked && hostEmpty)) {
      enableAll();
    } else if (!guestMasked) {
      enableChanged();
    }
  }

  private int wanted(int vector) {
    return vectors[vector].gsi == NONE ? NONE : vectors[vector].eventfd;
  }

  private void enableAll() {
    boolean empty = true;
    for (int i = 0; i < vectors.length; i++) {
      prepared[i] = wanted(i);
      empty &= prepared[i] == NONE;
    }
    if (!calls.eventfds(VFIO_IRQ_SET_ACTION_TRIGGER, index, 0, prepared).hasErrno()) {
      hostEnabled = true;
      hostEmpty = empty;
    }
  }

  private void enableChanged() {
    for (int i = 0; i < vectors.length; i++) {
      if (prepared[i] != wanted(i)) {
        prepared[i] = wanted(i);
        if (calls.eventfds(VFIO_IRQ_SET_ACTION_TRIGGER, index, i, prepared[i]).hasErrno()) {
          return;
        }
      }
    }
  }

  /**
   * vfio_pci_disable_msis. The vectors keep their eventfds and routes for the next time.
   *
   * @return whether the host's side has been taken down
   */
  boolean disable() {
    if (!hostEnabled || calls.disable(index).hasErrno()) {
      return false;
    }
    hostEnabled = false;
    hostEmpty = true;
    return true;
  }

  @Override
  public void writeState(StateWriter out) {
    out.flag("guest_enabled", guestEnabled);
    out.flag("guest_masked", guestMasked);
    out.flag("host_enabled", hostEnabled);
    out.flag("host_empty", hostEmpty);
    for (int i = 0; i < vectors.length; i++) {
      Vector vector = vectors[i];
      if (vector.eventfd != NONE || vector.address != 0 || !vector.guestMasked) {
        String name = "vector" + i + "_";
        out.number(name + "gsi", vector.gsi);
        out.number(name + "eventfd", vector.eventfd);
        out.number(name + "prepared", prepared[i]);
        out.flag(name + "guest_masked", vector.guestMasked);
        out.flag(name + "host_masked", vector.hostMasked);
        out.hex(name + "address", vector.address);
        out.hex(name + "data", vector.data);
      }
    }
  }
}
