package io.virtrig.daemon.limits;

/**
 * A place in the list of a connection's unary calls whose requests have not come, the oldest first;
 * one that is no call is the list's head. Confined to the connection's event loop, on which calls
 * begin and end.
 */
@SuppressWarnings("ReferenceEquality") // A ring of places: each is itself.
class UnaryCall {
  private UnaryCall before = this;
  private UnaryCall after = this;
  private final long begun = System.nanoTime();

  /** Puts it at the end of a list. */
  void enter(UnaryCall head) {
    before = head.before;
    after = head;
    before.after = this;
    head.before = this;
  }

  /** Takes it out of its list; whether it was in one. */
  boolean leave() {
    boolean entered = after != this;
    before.after = after;
    after.before = before;
    before = this;
    after = this;
    return entered;
  }

  /** Ends those of the list that began before a moment, in {@link System#nanoTime}. */
  void endOlderThan(long moment) {
    while (after != this && after.begun - moment < 0) {
      UnaryCall oldest = after;
      var _ = oldest.leave();
      oldest.end();
    }
  }

  /** Ends the call. */
  void end() {
    throw new IllegalStateException("the head of a list is no call");
  }
}
