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
  private final HostsInUse inUse = new HostsInUse();

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
      long before = inUse.ended();
      endAll();
      try {
        return counted(() -> client.createHost(spec));
      } catch (RefusalException e) {
        if (!isLimit(e) || !inUse.awaitEnd(before)) {
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
    inUse.begin();
    boolean made = false;
    try {
      VirtrigHost host = creation.get();
      made = true;
      return host;
    } finally {
      if (!made) {
        inUse.fail();
      }
    }
  }

  /** Ends a host, soon. */
  void end(VirtrigHost host) {
    over.add(host);
    inUse.end();
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
