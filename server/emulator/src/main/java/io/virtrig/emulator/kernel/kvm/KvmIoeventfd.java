package io.virtrig.emulator.kernel.kvm;

import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/**
 * An ioeventfd (struct _ioeventfd, virt/kvm/eventfd.c): a guest's write to an address signals an
 * eventfd.
 *
 * @param eventfd the eventfd's context, which it keeps
 * @param bus which bus it is on
 * @param address where
 * @param length width of a write that hits, or 0 for any
 * @param wildcard any value hits
 * @param datamatch the value that hits otherwise
 */
record KvmIoeventfd(
    EventFd eventfd, Bus bus, long address, int length, boolean wildcard, long datamatch)
    implements KvmIoDevice, Stateful {

  /** The buses that have ioeventfds (enum kvm_bus). */
  enum Bus {
    MMIO,
    PIO,
    VIRTIO_CCW_NOTIFY
  }

  /** Whether some write would hit both (ioeventfd_check_collision). */
  boolean collides(KvmIoeventfd other) {
    return bus == other.bus
        && address == other.address
        && (length == 0
            || other.length == 0
            || (length == other.length
                && (wildcard || other.wildcard || datamatch == other.datamatch)));
  }

  @Override
  public boolean write(long at, int width, long value) {
    boolean hit =
        at == address && (length == 0 || (width == length && (wildcard || value == datamatch)));
    if (hit) {
      eventfd.signal();
    }
    return hit;
  }

  @Override
  public void writeState(StateWriter out) {
    out.shared("eventfd", eventfd);
    out.text("bus", bus.name());
    out.hex("addr", address);
    out.number("len", length);
    out.flag("wildcard", wildcard);
    out.hex("datamatch", datamatch);
  }
}
