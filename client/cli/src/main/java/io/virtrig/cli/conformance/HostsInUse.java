package io.virtrig.cli.conformance;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/** How many hosts several threads use, and waiting for one of them to end. */
final class HostsInUse {
  private final Lock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Those that are asked for, too; guarded by the lock. */
  private int used;

  /** Of all time; guarded by the lock. */
  private long ended;

  /** None is in use. */
  HostsInUse() {}

  /** A thread asks for a host. */
  void begin() {
    change(1, 0);
  }

  /** It is not given one. */
  void fail() {
    change(-1, 0);
  }

  /** It needs its host no longer. */
  void end() {
    change(-1, 1);
  }

  /** How many have ended. */
  long ended() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until more have ended than before; false when none is in use that could. */
  boolean awaitEnd(long before) {
    lock.lock();
    try {
      while (ended == before && used > 0) {
        changed.awaitUninterruptibly();
      }
      return ended != before;
    } finally {
      lock.unlock();
    }
  }

  private void change(int moreUsed, int moreEnded) {
    lock.lock();
    try {
      used += moreUsed;
      ended += moreEnded;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
