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

/** Makes and ends hosts for several threads, many with a call. */
final class HostBatches implements AutoCloseable {
  private final VirtrigClient client;
  private final Together<CreateHostRequest, VirtrigHost> creating;
  private final int threads;
  private final BlockingQueue<VirtrigHost> over = new LinkedBlockingQueue<>();

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
      return creating.ask(CreateHostRequest.newBuilder().setSpec(spec).build());
    } catch (RefusalException e) {
      // What is over may be what a quota still counts.
      endAll();
      return client.createHost(spec);
    }
  }

  /** Ends a host, soon. */
  void end(VirtrigHost host) {
    over.add(host);
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
