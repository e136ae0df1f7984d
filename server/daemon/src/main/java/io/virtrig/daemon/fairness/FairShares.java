package io.virtrig.daemon.fairness;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
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
 * a task that had to wait, and not from one whose turn it was when it came. That one takes no lock
 * either, which a worker may hold from whom the system has just taken the processor.
 */
public final class FairShares implements AutoCloseable {
  /** Two shares that are busy within this time of each other are busy together. */
  private static final long CONTENTION_NANOS = 100_000_000;

  /** A long time for a task. */
  private static final long LONG_NANOS = 100_000;

  private static final Logger LOG = LoggerFactory.getLogger(FairShares.class);

  /** The part of one of those among whom time is divided. */
  private final class Share implements Executor {
    private final AtomicLong used = new AtomicLong();
    private final AtomicInteger running = new AtomicInteger();

    /** The last task took long. */
    private volatile boolean slow;

    /** Guarded by {@link #queues}. */
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

    /** Whether tasks wait; written where {@link #waiting} is. */
    private volatile boolean waits;

    @Override
    public void execute(Runnable task) {
      if (alone(this)) {
        task.run();
      } else if (isNext(this) && begin(this, null)) {
        long start = clock.getAsLong();
        long took;
        try {
          task.run();
        } finally {
          took = clock.getAsLong() - start;
          account(this, took);
          leave(this);
          tell();
        }
        giveWay(took);
      } else {
        await(this, task);
      }
    }
  }

  /** Does tasks that had to wait. */
  private final class Worker {
    /** Whose task it has, or had last. */
    private @Nullable Share share;

    private long took;

    /** Ends the task before; the next one that may be done, or null when there is none. */
    @Nullable Runnable take() {
      queues.lock();
      try {
        if (share != null) {
          account(share, took);
        }
        share = change(share);
        if (share == null) {
          return null;
        }
        Runnable task = share.waiting.remove();
        if (share.waiting.isEmpty()) {
          share.waits = false;
          busy.remove(share);
        }
        first = first();
        if (next(null) != null) {
          news.release();
        }
        return task;
      } finally {
        queues.unlock();
      }
    }

    /** Does a task; says how long it took. */
    long run(Runnable task) {
      long start = clock.getAsLong();
      try {
        task.run();
      } catch (RuntimeException e) {
        LOG.error("a task failed", e);
      }
      took = clock.getAsLong() - start;
      return took;
    }

    /** Ends the task before, and takes no other one. */
    void rest() {
      if (share != null) {
        account(share, took);
        leave(share);
        share = null;
      }
    }
  }

  private final LongSupplier clock;
  private final int most;

  /** Tasks under way. */
  private final AtomicInteger running = new AtomicInteger();

  /** The time that the share which was served last had used before. */
  private final AtomicLong level = new AtomicLong();

  private final ReentrantLock queues = new ReentrantLock();

  /** Shares with tasks that wait; guarded by {@link #queues}. */
  private final List<Share> busy = new ArrayList<>();

  /** The one of them that had used the least when somebody last came or went. */
  private volatile @Nullable Share first;

  /** For workers with nothing to do: something may have come. */
  private final Semaphore news = new Semaphore(0);

  private volatile boolean closed;

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

  /** Whether a task that has just come is the next to be done; a moment later, another may be. */
  private boolean isNext(Share share) {
    if (share.slow || share.waits) {
      return false;
    }
    catchUp(share);
    Share other = first;
    return other == null || !mayRun(other, null) || isBefore(share, other);
  }

  /** Who was idle has no credit for it. */
  private void catchUp(Share share) {
    if (share.running.get() == 0) {
      share.used.accumulateAndGet(level.get(), Math::max);
    }
  }

  /** Leaves a task to a worker. */
  private void await(Share share, Runnable task) {
    queues.lock();
    try {
      if (share.waiting.isEmpty()) {
        catchUp(share);
        share.waits = true;
        busy.add(share);
      }
      share.waiting.add(task);
      first = first();
    } finally {
      queues.unlock();
    }
    if (mayRun(share, null)) {
      news.release();
    }
  }

  private void work() {
    Worker worker = new Worker();
    boolean nice = false;
    while (true) {
      // Whatever it was, it is seen when this one takes, and then told to the next.
      news.drainPermits();
      Runnable task = worker.take();
      if (task == null) {
        if (closed) {
          return;
        }
        news.acquireUninterruptibly();
        continue;
      }
      if (!nice) {
        // Not before there is work: it would cost each start of the daemon 50 ms.
        Niceness.ofThisThread(Niceness.OF_WHO_WAITS);
        nice = true;
      }
      giveWay(worker.run(task));
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
    Worker worker = new Worker();
    Runnable task = worker.take();
    if (task == null) {
      return false;
    }
    worker.run(task);
    worker.rest();
    return true;
  }

  /**
   * Has a worker go from the share that it served, if any, to the next, if any. Its place is the
   * other's at once: were it free in between, what comes then from a third would be found to have
   * to wait.
   */
  private @Nullable Share change(@Nullable Share served) {
    Share next = next(served);
    while (next != null && !begin(next, served)) {
      next = next(served);
    }
    if (next == null && served != null) {
      leave(served);
    }
    return next;
  }

  /** The share whose task a worker does next that has served another, or null. */
  private @Nullable Share next(@Nullable Share served) {
    return least(share -> mayRun(share, served));
  }

  private @Nullable Share first() {
    return least(share -> true);
  }

  /** The one with tasks that wait, among some, that has used the least. */
  private @Nullable Share least(Predicate<Share> among) {
    Share least = null;
    for (Share share : busy) {
      if (among.test(share) && isBefore(share, least)) {
        least = share;
      }
    }
    return least;
  }

  /** Whether a task of the share may begin where one of another ends, or none. */
  @SuppressWarnings("ReferenceEquality") // Whether it is the very same is the question.
  private boolean mayRun(Share share, @Nullable Share served) {
    return share == served
        || ((served != null || running.get() < most) && share.running.get() < most - 1);
  }

  private static boolean isBefore(Share share, @Nullable Share other) {
    return other == null || share.used.get() < other.used.get();
  }

  /** Counts one more task of the share, unless there are as many as there may be. */
  @SuppressWarnings("ReferenceEquality") // Whether it is the very same is the question.
  private boolean begin(Share share, @Nullable Share served) {
    if (share != served) {
      if (!oneMore(share.running, most - 1)) {
        return false;
      }
      if (served != null) {
        served.running.decrementAndGet();
      } else if (!oneMore(running, most)) {
        share.running.decrementAndGet();
        tell();
        return false;
      }
    }
    level.accumulateAndGet(share.used.get(), Math::max);
    return true;
  }

  private static boolean oneMore(AtomicInteger count, int most) {
    return count.getAndUpdate(before -> Math.min(before + 1, most)) < most;
  }

  private static void account(Share share, long took) {
    share.used.addAndGet(took);
    share.slow = took >= LONG_NANOS;
  }

  private void leave(Share share) {
    share.running.decrementAndGet();
    running.decrementAndGet();
  }

  /** Has a worker that rests look, when something waits. */
  private void tell() {
    if (first != null) {
      news.release();
    }
  }

  @Override
  public void close() {
    closed = true;
    news.release(most);
  }
}
