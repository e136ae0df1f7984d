package io.virtrig.cli.conformance;

import io.grpc.StatusRuntimeException;
import io.virtrig.client.RefusalException;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.HostSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Makes and ends hosts for several threads: the hosts that are asked for while a call is under way
 * are made by the next, all together, and those that are over are ended many at a time.
 */
final class HostBatches implements AutoCloseable {
  private static final int MOST_TOGETHER = 64;

  private final VirtrigClient client;
  private final Lock creating = new ReentrantLock();
  private final BlockingQueue<Wanted> wanted = new LinkedBlockingQueue<>();
  private final BlockingQueue<VirtrigHost> over = new LinkedBlockingQueue<>();

  HostBatches(VirtrigClient client) {
    this.client = client;
  }

  /** A host that a thread waits for; guarded by {@link #creating}. */
  private static final class Wanted {
    private final CreateHostRequest request;
    private @Nullable VirtrigHost host;
    private boolean tried;

    private Wanted(HostSpec spec) {
      request = CreateHostRequest.newBuilder().setSpec(spec).build();
    }
  }

  /**
   * Makes a host.
   *
   * @throws RefusalException when the daemon refuses it
   * @throws StatusRuntimeException when the call fails
   */
  VirtrigHost create(HostSpec spec) {
    VirtrigHost made = createWithOthers(new Wanted(spec));
    if (made != null) {
      return made;
    }
    endAll();
    return client.createHost(spec);
  }

  /** The host; null when it or another one of those that were asked for with it is refused. */
  private @Nullable VirtrigHost createWithOthers(Wanted mine) {
    wanted.add(mine);
    creating.lock();
    try {
      if (!mine.tried) {
        List<Wanted> together = new ArrayList<>();
        wanted.drainTo(together, MOST_TOGETHER);
        createAll(together);
      }
      return mine.host;
    } finally {
      creating.unlock();
    }
  }

  private void createAll(List<Wanted> together) {
    together.forEach(one -> one.tried = true);
    List<VirtrigHost> hosts;
    try {
      hosts = client.createHosts(together.stream().map(one -> one.request).toList());
    } catch (RefusalException | StatusRuntimeException e) {
      // None was made: each thread asks for its own, and is told why when it is that one.
      return;
    }
    for (int i = 0; i < hosts.size(); i++) {
      together.get(i).host = hosts.get(i);
    }
  }

  /** Ends a host, soon. */
  void end(VirtrigHost host) {
    over.add(host);
    if (over.size() >= MOST_TOGETHER) {
      endAll();
    }
  }

  private void endAll() {
    List<VirtrigHost> together = new ArrayList<>();
    over.drainTo(together);
    if (!together.isEmpty()) {
      client.deleteHosts(together);
    }
  }

  @Override
  public void close() {
    endAll();
  }
}
