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
 * were not here. As soon as tasks of two come within {@link #CONTENTION_NANOS} of each other, no
 * more tasks are under way at a time than there are processors, and the next is one of the share
 * that has used the least time so far. When that is the one which just came, it runs where it comes
 * from; others wait in their shares' queues until a worker takes them. A share that was idle has no
 * credit for it: it starts from where the busy ones are. No share has so many tasks under way that
 * no processor is left for others.
 *
 * <p>A task that takes {@link #LONG_NANOS} offers its processor to others when it ends, and the
 * next of its share is a worker's: it would hold up what else comes from where it comes from.
 *
 * <p>Workers are {@linkplain Niceness nice}: when processors are scarce, the system takes them from
 * a task that had to wait, and not from one whose turn it was when it came.
 */
public final class FairShares implements AutoCloseable {
  /** Two shares that are busy within this time of each other are busy together. */
  private static final long CONTENTION_NANOS = 100_000_000;

  /** A long time for a task. */
  private static final long LONG_NANOS = 100_000;

  private static final Logger LOG = LoggerFactory.getLogger(FairShares.class);

  /** The part of one of those among whom time is divided. */
  private final class Share implements Executor {
    /** Those below are guarded by {@link #lock}. */
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

    private long used;
    private int running;

    /** The last task took long. */
    private boolean slow;

    @Override
    public void execute(Runnable task) {
      if (alone(this)) {
        task.run();
      } else if (begin(this, task)) {
        long start = clock.getAsLong();
        long took;
        try {
          task.run();
        } finally {
          took = clock.getAsLong() - start;
          end(this, took);
        }
        giveWay(took);
      }
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final LongSupplier clock;
  private final int most;

  /** Shares with tasks that wait; guarded by {@link #lock}. */
  private final List<Share> busy = new ArrayList<>();

  /** The time that the share which was served last had used before; guarded by {@link #lock}. */
  private long level;

  /** Tasks under way; guarded by {@link #lock}. */
  private int running;

  /** Guarded by {@link #lock}. */
  private boolean closed;

  /** Who had a task last, and until when two are taken to be busy: see {@link #alone}. */
  private volatile @Nullable Share latest;

  private volatile long contendedUntil;

  /**
   * Divides the time of that many processors.
   *
   * @param processors at least 2
   */
  public FairShares(int processors) {
    this(processors, System::nanoTime);
    for (int i = 0; i < processors; i++) {
      Thread.ofPlatform().daemon().name("fair-" + i).start(this::work);
    }
  }

  /** Without workers, for tests that take the tasks themselves. */
  FairShares(int processors, LongSupplier clock) {
    this.clock = clock;
    most = processors;
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

  /** Whether the task may run at once; else it waits for a worker. */
  private boolean begin(Share share, Runnable task) {
    lock.lock();
    try {
      if (share.waiting.isEmpty()) {
        if (share.running == 0) {
          share.used = Math.max(share.used, level);
        }
        if (mayRun(share) && !share.slow && isBefore(share, next())) {
          begin(share);
          return true;
        }
        busy.add(share);
      }
      share.waiting.add(task);
      if (mayRun(share)) {
        work.signal();
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  private void end(Share share, long took) {
    lock.lock();
    try {
      done(share, took);
      if (!busy.isEmpty()) {
        work.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  private void work() {
    Share share = null;
    long took = 0;
    boolean nice = false;
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
      if (!nice) {
        // Not before there is work: it would cost each start of the daemon 50 ms.
        Niceness.ofThisThread(Niceness.OF_WHO_WAITS);
        nice = true;
      }
      long start = clock.getAsLong();
      try {
        task.run();
      } catch (RuntimeException e) {
        LOG.error("a task failed", e);
      }
      took = clock.getAsLong() - start;
      giveWay(took);
    }
  }

  /** Whoever waits for the processor has it now, and not when the system takes it away. */
  @SuppressWarnings("ThreadPriorityCheck") // A hint is all that is meant.
  private static void giveWay(long after) {
    if (after >= LONG_NANOS) {
      Thread.yield();
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
      if (mayRun(share) && isBefore(share, least)) {
        least = share;
      }
    }
    return least;
  }

  private boolean mayRun(Share share) {
    return running < most && share.running < most - 1;
  }

  private static boolean isBefore(Share share, @Nullable Share other) {
    return other == null || share.used < other.used;
  }

  private Runnable take(Share share) {
    Runnable task = share.waiting.remove();
    if (share.waiting.isEmpty()) {
      busy.remove(share);
    }
    begin(share);
    return task;
  }

  private void begin(Share share) {
    share.running++;
    running++;
    level = Math.max(level, share.used);
  }

  private void done(Share share, long took) {
    share.used += took;
    share.slow = took >= LONG_NANOS;
    share.running--;
    running--;
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
