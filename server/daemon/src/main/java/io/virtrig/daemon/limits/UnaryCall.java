package io.virtrig.daemon.limits;

import org.jspecify.annotations.Nullable;

/**
 * A place in the list of a connection's unary calls whose requests have not come, the oldest first;
 * one that is no call is the list's head. Calls begin and end on the connection's event loop, or on
 * the threads of their tenant's share: the head guards its list.
 */
@SuppressWarnings("ReferenceEquality") // A ring of places: each is itself.
class UnaryCall {
  private final UnaryCall head;
  private final long begun = System.nanoTime();

  /** Guarded by the head, as is the next. */
  private UnaryCall before = this;

  private UnaryCall after = this;

  /** The head of an empty list. */
  UnaryCall() {
    head = this;
  }

  /** A call at the end of a list. */
  UnaryCall(UnaryCall head) {
    this.head = head;
    synchronized (head) {
      before = head.before;
      after = head;
      before.after = this;
      head.before = this;
    }
  }

  /** Takes it out of its list; whether it was in one. */
  boolean leave() {
    synchronized (head) {
      boolean entered = after != this;
      before.after = after;
      after.before = before;
      before = this;
      after = this;
      return entered;
    }
  }

  /** Ends those of the list that began before a moment, in {@link System#nanoTime}. */
  void endOlderThan(long moment) {
    for (UnaryCall oldest = takeOlderThan(moment); oldest != null; oldest = takeOlderThan(moment)) {
      oldest.end();
    }
  }

  private @Nullable UnaryCall takeOlderThan(long moment) {
    synchronized (head) {
      UnaryCall oldest = after;
      if (oldest == this || oldest.begun - moment >= 0) {
        return null;
      }
      var _ = oldest.leave();
      return oldest;
    }
  }

  /** Ends the call. */
  void end() {
    throw new IllegalStateException("the head of a list is no call");
  }
}
