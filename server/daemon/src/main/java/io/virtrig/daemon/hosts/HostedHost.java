package io.virtrig.daemon.hosts;

import io.virtrig.daemon.programs.Programs;
import io.virtrig.emulator.Host;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
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

  /** None before one is asked for; guarded by {@link #lock}. */
  private @Nullable Programs programs;

  /** The host was deleted: guarded by {@link #lock}. */
  private boolean ended;

  HostedHost(String id, String requestId, Host host) {
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

  /** Executes one operation. */
  public Result execute(Operation operation) {
    return with(host -> host.apply(operation));
  }

  /**
   * Does something with the host, alone.
   *
   * @throws NoSuchHost when it was deleted meanwhile
   */
  public <T> T with(Function<Host, T> action) {
    lock.lock();
    try {
      if (ended) {
        throw new NoSuchHost(id);
      }
      return action.apply(host);
    } finally {
      lock.unlock();
    }
  }

  /** Ends the host: its processes exit, and no operation comes after. */
  void end() {
    lock.lock();
    try {
      if (!ended) {
        host.end();
        ended = true;
      }
    } finally {
      lock.unlock();
    }
  }
}
