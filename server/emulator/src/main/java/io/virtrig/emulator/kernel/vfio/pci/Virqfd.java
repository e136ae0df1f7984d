package io.virtrig.emulator.kernel.vfio.pci;

import io.virtrig.emulator.kernel.eventfd.EventFd;

/**
 * INTx's unmask eventfd (struct virqfd, drivers/vfio/virqfd.c): each write to it is taken and
 * unmasks the interrupt once.
 */
final class Virqfd implements EventFd.Waiter {
  private final EventFd eventfd;
  private final IntxContext intx;

  /** Waits on the eventfd. One that is signalled already acts at once and keeps its value. */
  Virqfd(EventFd eventfd, IntxContext intx) {
    this.eventfd = eventfd;
    this.intx = intx;
  }

  void enable() {
    eventfd.addWaiter(this);
    if (eventfd.count() != 0) {
      intx.unmask();
    }
  }

  void disable() {
    eventfd.removeWaiter(this);
  }

  EventFd eventfd() {
    return eventfd;
  }

  @Override
  public boolean signalled() {
    eventfd.take();
    intx.unmask();
    return false;
  }

  @Override
  public void hangup() {
    intx.unmaskEventfdGone(this);
  }
}
