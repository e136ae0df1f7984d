package io.virtrig.cli.conformance;

import io.grpc.StatusRuntimeException;
import io.virtrig.client.RefusalException;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Makes and ends hosts for several threads, many with a call. Where there may be no more hosts, who
 * wants one waits for another thread's to end.
 */
final class HostBatches implements AutoCloseable {
  private final VirtrigClient client;
  private final Together<CreateHostRequest, VirtrigHost> creating;
  private final int threads;
  private final BlockingQueue<VirtrigHost> over = new LinkedBlockingQueue<>();
  private final Lock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Hosts that threads use or have asked for; guarded by the lock. */
  private int used;

  /** Hosts that threads have used; guarded by the lock. */
  private long unused;

  /**
   * None is made yet.
   *
   * @param threads how many make hosts: those that are over are ended as many at a time
   */
  HostBatches(VirtrigClient client, int threads) {
    this.client = client;
    this.threads = threads;
    creating = new Together<>(VirtrigClient.MOST_HOSTS_TOGETHER, client::createHosts);
  }

  /**
   * Makes a host.
   *
   * @throws RefusalException when the daemon refuses it
   * @throws StatusRuntimeException when the call fails
   */
  VirtrigHost create(HostSpec spec) {
    try {
      return counted(() -> creating.ask(CreateHostRequest.newBuilder().setSpec(spec).build()));
    } catch (RefusalException e) {
      return createAlone(spec);
    }
  }

  /** What is over, and then what is used, may be what a limit still counts. */
  private VirtrigHost createAlone(HostSpec spec) {
    while (true) {
      long before = unused();
      endAll();
      try {
        return counted(() -> client.createHost(spec));
      } catch (RefusalException e) {
        if (!isLimit(e) || !another(before)) {
          throw e;
        }
      }
    }
  }

  /** Whether it is not the host's own fault. */
  private static boolean isLimit(RefusalException e) {
    return e.code() == Refusal.Code.CODE_RESOURCE_EXHAUSTED && e.field().isEmpty();
  }

  private VirtrigHost counted(Supplier<VirtrigHost> creation) {
    count(1, 0);
    boolean made = false;
    try {
      VirtrigHost host = creation.get();
      made = true;
      return host;
    } finally {
      if (!made) {
        count(-1, 0);
      }
    }
  }

  private void count(int moreUsed, int moreUnused) {
    lock.lock();
    try {
      used += moreUsed;
      unused += moreUnused;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private long unused() {
    lock.lock();
    try {
      return unused;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until more hosts have been used than before; false when nobody has one to end. */
  private boolean another(long before) {
    lock.lock();
    try {
      while (unused == before && used > 0) {
        changed.awaitUninterruptibly();
      }
      return unused != before;
    } finally {
      lock.unlock();
    }
  }

  /** Ends a host, soon. */
  void end(VirtrigHost host) {
    over.add(host);
    count(-1, 1);
    if (over.size() >= threads) {
      endAll();
    }
  }

  private void endAll() {
    List<VirtrigHost> together = new ArrayList<>();
    while (over.drainTo(together, VirtrigClient.MOST_HOSTS_TOGETHER) > 0) {
      client.deleteHosts(together);
      together.clear();
    }
  }

  @Override
  public void close() {
    endAll();
  }
}
