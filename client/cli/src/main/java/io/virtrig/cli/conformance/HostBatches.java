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
  private static final int MOST_TOGETHER = 64;

  private final VirtrigClient client;
  private final Together<CreateHostRequest, VirtrigHost> creating;
  private final BlockingQueue<VirtrigHost> over = new LinkedBlockingQueue<>();

  HostBatches(VirtrigClient client) {
    this.client = client;
    creating = new Together<>(client::createHosts);
  }

  /**
   * Makes a host.
   *
   * @throws RefusalException when the daemon refuses it
   * @throws StatusRuntimeException when the call fails
   */
  VirtrigHost create(HostSpec spec) {
    VirtrigHost made = creating.ask(CreateHostRequest.newBuilder().setSpec(spec).build());
    if (made != null) {
      return made;
    }
    endAll();
    return client.createHost(spec);
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
