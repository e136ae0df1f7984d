package io.virtrig.daemon.hosts;

import io.virtrig.daemon.programs.Programs;
import io.virtrig.daemon.quota.OverQuota;
import io.virtrig.daemon.quota.Taking;
import io.virtrig.emulator.Host;
import io.virtrig.emulator.event.EventLog;
import io.virtrig.emulator.event.LoggedEvent;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Operation.OpCase;
import io.virtrig.v1.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A host of the daemon and its lock. Whoever executes on the host holds the lock, and nothing
 * blocks while it is held, so operations run on the transport's own threads.
 */
public final class HostedHost {
  /** What every resource name of a host begins with. */
  public static final String NAME_PREFIX = "hosts/";

  private static final int MOST_PROGRAMS = 100;

  private final String id;
  private final String requestId;
  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by {@link #lock}. */
  private final Host host;

  /** Null where nobody counts; what is in it is guarded by {@link #lock}. */
  private final @Nullable HostShare share;

  /** None before one is asked for; guarded by {@link #lock}. */
  private @Nullable Programs programs;

  /** Guarded by {@link #lock}. */
  private final RecentOperations recent = new RecentOperations();

  /** Whom to tell of events; guarded by {@link #lock}, and another list after each change. */
  private List<Runnable> watchers = List.of();

  /** The last event that the watchers were told of; guarded by {@link #lock}. */
  private long told;

  /** The host was deleted: guarded by {@link #lock}. */
  private boolean ended;

  /** Because its lease was over: guarded by {@link #lock}. */
  private boolean expired;

  /** None: it lives until it is deleted. Set by {@link Leases} alone. */
  private volatile @Nullable Lease lease;

  HostedHost(String id, String requestId, Host host, @Nullable HostShare share) {
    this.share = share;
    this.id = id;
    this.requestId = requestId;
    this.host = host;
  }

  /** Its id. */
  public String id() {
    return id;
  }

  /** Its resource name. */
  public String name() {
    return NAME_PREFIX + id;
  }

  /** What made its creation safe to retry; may be empty. */
  String requestId() {
    return requestId;
  }

  /** How long it lives; null until it is deleted. */
  public @Nullable Lease lease() {
    return lease;
  }

  void lease(Lease given) {
    lease = given;
  }

  boolean isEnded() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }

  /** Programs that belong to it. */
  public Programs programs() {
    lock.lock();
    try {
      if (programs == null) {
        programs = new Programs(MOST_PROGRAMS);
      }
      return programs;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Executes one operation.
   *
   * @throws OverQuota when its tenant may not have what it would take
   */
  public Result execute(Operation operation) {
    return with(
        host -> {
          Result result = apply(host, operation);
          recent.add(operation.getOpCase(), result);
          return result;
        });
  }

  /**
   * Executes one operation inside {@link #with}.
   *
   * @throws OverQuota when its tenant may not have what it would take
   */
  public Result apply(Host host, Operation operation) {
    if (share == null) {
      return host.apply(operation);
    }
    if (share.account().limitsOperations()) {
      OverQuota refusal = Taking.refusal(share.account(), operation.getOpCase());
      if (refusal != null) {
        throw refusal;
      }
    }
    Result result = host.apply(operation);
    share.settle(host.usage());
    return result;
  }

  /** Remembers what became of an operation that was executed inside {@link #with}. */
  public void remember(OpCase operation, Result result) {
    recent.add(operation, result);
  }

  /** The last operations, the latest first. */
  public List<RecentOperation> recentOperations() {
    return with(host -> recent.latest());
  }

  /**
   * What a watcher of events has to know.
   *
   * @param events the next ones
   * @param oldest the lowest sequence number still kept; one above the last when none is
   * @param last the last event's sequence number
   * @param ended whether no more will come
   * @param expired whether that is because its lease was over
   */
  public record News(
      List<LoggedEvent> events, long oldest, long last, boolean ended, boolean expired) {}

  /** Up to {@code most} events above a sequence number; those of a deleted host too. */
  public News news(long after, int most) {
    lock.lock();
    try {
      EventLog log = host.events();
      return new News(log.loggedAfter(after, most), log.oldest(), log.last(), ended, expired);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Has a watcher told whenever there are new events, and at the end of the host. It is told on the
   * thread that executes, so it must not do more than take notice.
   */
  public void watch(Runnable watcher) {
    lock.lock();
    try {
      List<Runnable> all = new ArrayList<>(watchers);
      all.add(watcher);
      watchers = List.copyOf(all);
    } finally {
      lock.unlock();
    }
  }

  /** Ends that. */
  public void unwatch(Runnable watcher) {
    lock.lock();
    try {
      watchers = watchers.stream().filter(other -> !other.equals(watcher)).toList();
    } finally {
      lock.unlock();
    }
  }

  private List<Runnable> watchersToTell() {
    if (watchers.isEmpty() || host.events().last() == told) {
      return List.of();
    }
    told = host.events().last();
    return watchers;
  }

  /**
   * Does something with the host, alone.
   *
   * @throws NoSuchHost when it was deleted meanwhile
   */
  public <T> T with(Function<Host, T> action) {
    List<Runnable> toTell = List.of();
    lock.lock();
    try {
      if (ended) {
        throw new NoSuchHost(id);
      }
      T answer = action.apply(host);
      toTell = watchersToTell();
      return answer;
    } finally {
      lock.unlock();
      toTell.forEach(Runnable::run);
    }
  }

  /** Ends the host: its processes exit, and no operation comes after. */
  void end() {
    end(false);
  }

  /** Ends it because its lease was over. */
  void expire() {
    end(true);
  }

  private void end(boolean because) {
    lock.lock();
    try {
      if (!ended) {
        host.end();
        ended = true;
        if (share != null) {
          share.giveBack();
        }
        expired = because;
      }
    } finally {
      lock.unlock();
    }
    watchers().forEach(Runnable::run);
  }

  private List<Runnable> watchers() {
    lock.lock();
    try {
      return watchers;
    } finally {
      lock.unlock();
    }
  }
}
