package io.virtrig.emulator.kernel.eventfd;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.state.KernelObject;
import io.virtrig.emulator.state.ObjectIds;
import io.virtrig.emulator.state.StateWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * An eventfd's context (the kernel's {@code struct eventfd_ctx}, fs/eventfd.c): a counter and those
 * who wait for it. The kernel objects that signal it hold the context, not the file, so it may
 * outlive the file.
 */
public final class EventFd extends KernelObject {

  /** A waiter in the eventfd's wait queue: in the kernel, a wait queue entry with a function. */
  public interface Waiter {

    /**
     * The eventfd was signalled.
     *
     * @return true to keep those behind from being woken (an exclusive waiter that took it)
     */
    boolean signalled();

    /** The file is gone: its last descriptor was closed (EPOLLHUP). */
    void hangup();
  }

  /** The most that write(2) brings the counter to; a signal brings it one further. */
  private static final long MOST = -2L;

  private final boolean semaphore;
  private final List<Waiter> waiters = new ArrayList<>(0);
  private int priorityWaiters;
  private long count;

  EventFd(ObjectIds ids, int initval, boolean semaphore) {
    super(ids);
    count = Integer.toUnsignedLong(initval);
    this.semaphore = semaphore;
  }

  /** The counter, unsigned. */
  public long count() {
    return count;
  }

  /** A kernel object signals it: the counter grows by one, if it can, and waiters are woken. */
  public void signal() {
    signal(1);
  }

  /** As {@link #signal()}, by {@code n}. */
  public void signal(long n) {
    long room = -1L - count;
    count += Long.compareUnsigned(n, room) > 0 ? room : n;
    wake();
  }

  /** write(2). EINVAL for all ones; EAGAIN when the counter would overflow. */
  void write(long n) {
    if (n == -1L) {
      throw KernelError.invalid("the value is all ones");
    }
    if (Long.compareUnsigned(n, MOST - count) > 0) {
      throw new KernelError(Errno.EAGAIN, "the counter would overflow");
    }
    count += n;
    wake();
  }

  /** read(2) takes the counter, or one of it in semaphore mode. EAGAIN when it is zero. */
  public long read() {
    if (count == 0) {
      throw new KernelError(Errno.EAGAIN, "the counter is zero");
    }
    return take();
  }

  /** As {@link #read()}, 0 when the counter is zero (eventfd_ctx_do_read). */
  public long take() {
    long taken = semaphore && count != 0 ? 1 : count;
    count -= taken;
    return taken;
  }

  /** Wakes the waiters, also for a write of 0: the kernel does not look at the counter here. */
  private void wake() {
    if (waiters.size() == 1) {
      waiters.getFirst().signalled();
      return;
    }
    for (Waiter waiter : List.copyOf(waiters)) {
      if (waiter.signalled()) {
        return;
      }
    }
  }

  /**
   * Adds a waiter behind the priority waiters there are and before all others
   * (add_wait_queue_priority).
   */
  public void addPriorityWaiter(Waiter waiter) {
    waiters.add(priorityWaiters++, waiter);
  }

  /** Adds a waiter before the others without priority (add_wait_queue). */
  public void addWaiter(Waiter waiter) {
    waiters.add(priorityWaiters, waiter);
  }

  /** Removes a waiter; nothing happens when it is not there. */
  public void removeWaiter(Waiter waiter) {
    int at = waiters.indexOf(waiter);
    if (at >= 0) {
      waiters.remove(at);
      if (at < priorityWaiters) {
        priorityWaiters--;
      }
    }
  }

  void hangup() {
    for (Waiter waiter : List.copyOf(waiters)) {
      waiter.hangup();
    }
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("count", count);
    out.flag("semaphore", semaphore);
    out.number("waiters", waiters.size());
  }
}
