package io.virtrig.daemon.fairness;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Divides the time that calls take among those for whom they act, so that who floods the daemon
 * waits for itself.
 *
 * <p>How it works. While one share alone is busy, its tasks run where they come from, as if this
 * were not here. As soon as tasks of two come within {@link #CONTENTION_NANOS} of each other, tasks
 * wait in their shares' queues, and workers take the next from the share that has used the least
 * time so far. One that was idle has no credit for it: it starts from where the busy ones are. No
 * share has so many tasks under way that none of the workers is left for others.
 */
public final class FairShares implements AutoCloseable {
  /** Two shares that are busy within this time of each other are busy together. */
  private static final long CONTENTION_NANOS = 100_000_000;

  private static final Logger LOG = LoggerFactory.getLogger(FairShares.class);

  /** The part of one of those among whom time is divided. */
  private final class Share implements Executor {
    /** Those below are guarded by {@link #lock}. */
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

    private long used;
    private int running;

    @Override
    public void execute(Runnable task) {
      if (alone(this)) {
        task.run();
      } else {
        enqueue(this, task);
      }
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final LongSupplier clock;
  private final int mostOfOne;

  /** Shares with tasks that wait; guarded by {@link #lock}. */
  private final List<Share> busy = new ArrayList<>();

  /** The time that the share which was served last had used before; guarded by {@link #lock}. */
  private long level;

  /** Guarded by {@link #lock}. */
  private boolean closed;

  /** Who had a task last, and until when two are taken to be busy: see {@link #alone}. */
  private volatile @Nullable Share latest;

  private volatile long contendedUntil;

  /**
   * Divides the time of that many workers.
   *
   * @param workers at least 2
   */
  public FairShares(int workers) {
    this(workers, System::nanoTime);
    for (int i = 0; i < workers; i++) {
      Thread.ofPlatform().daemon().name("fair-" + i).start(this::work);
    }
  }

  /** Without workers, for tests that take the tasks themselves. */
  FairShares(int workers, LongSupplier clock) {
    this.clock = clock;
    mostOfOne = workers - 1;
    contendedUntil = clock.getAsLong() - 1;
  }

  /** One more share. */
  public Executor share() {
    return new Share();
  }

  /**
   * Whether nobody else is busy. It takes no lock: when two threads disagree for a moment, a task
   * runs at once that could have waited, or waits that could have run.
   */
  @SuppressWarnings("ReferenceEquality") // Whether it is the very same is the question.
  private boolean alone(Share share) {
    long now = clock.getAsLong();
    Share before = latest;
    if (before != share) {
      latest = share;
      if (before != null) {
        contendedUntil = now + CONTENTION_NANOS;
      }
    }
    return contendedUntil - now < 0;
  }

  private void enqueue(Share share, Runnable task) {
    lock.lock();
    try {
      if (share.waiting.isEmpty()) {
        if (share.running == 0) {
          share.used = Math.max(share.used, level);
        }
        busy.add(share);
      }
      share.waiting.add(task);
      work.signal();
    } finally {
      lock.unlock();
    }
  }

  private void work() {
    Share share = null;
    long took = 0;
    while (true) {
      Runnable task;
      lock.lock();
      try {
        if (share != null) {
          done(share, took);
        }
        share = next();
        while (share == null) {
          if (closed) {
            return;
          }
          work.awaitUninterruptibly();
          share = next();
        }
        task = take(share);
      } finally {
        lock.unlock();
      }
      long start = clock.getAsLong();
      try {
        task.run();
      } catch (RuntimeException e) {
        LOG.error("a task failed", e);
      }
      took = clock.getAsLong() - start;
    }
  }

  /** Does the next task, when there is one that may be done; for tests. */
  boolean step() {
    Share share = next();
    if (share == null) {
      return false;
    }
    Runnable task = take(share);
    long start = clock.getAsLong();
    task.run();
    done(share, clock.getAsLong() - start);
    return true;
  }

  private @Nullable Share next() {
    Share least = null;
    for (Share share : busy) {
      if (share.running < mostOfOne && (least == null || share.used < least.used)) {
        least = share;
      }
    }
    return least;
  }

  private Runnable take(Share share) {
    Runnable task = share.waiting.remove();
    if (share.waiting.isEmpty()) {
      busy.remove(share);
    }
    share.running++;
    level = Math.max(level, share.used);
    return task;
  }

  private void done(Share share, long took) {
    share.used += took;
    if (share.running-- == mostOfOne && !share.waiting.isEmpty()) {
      work.signal();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      work.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
