package io.virtrig.cli.conformance;

import io.virtrig.client.RingBatch;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.client.VirtrigRing;
import io.virtrig.v1.DecodeDescriptorRequest;
import io.virtrig.v1.DecodeDescriptorResponse;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.RunVirtqueuesRequest;
import io.virtrig.v1.RunVirtqueuesResponse;
import io.virtrig.v1.WalkImageRequest;
import io.virtrig.v1.WalkImageResponse;

/** A batch of one an operation, over one ring. */
public final class RingTransport implements Transport {

  private final VirtrigClient client;
  private final VirtrigRing ring;

  /** Over a ring of its own. */
  public RingTransport(VirtrigClient client) {
    this.client = client;
    ring = client.openRing();
  }

  @Override
  public RingHost create(HostSpec spec) {
    return new RingHost(client.createHost(spec));
  }

  @Override
  public RunVirtqueuesResponse run(RunVirtqueuesRequest request) {
    return client.runVirtqueues(request);
  }

  @Override
  public WalkImageResponse walkImage(WalkImageRequest request) {
    return client.translation(stub -> stub.walkImage(request));
  }

  @Override
  public DecodeDescriptorResponse decodeDescriptor(DecodeDescriptorRequest request) {
    return client.translation(stub -> stub.decodeDescriptor(request));
  }

  @Override
  public void close() {
    ring.close();
  }

  /** A host that is driven over the ring. */
  public final class RingHost implements SimulatedHost {

    private final VirtrigHost host;

    private RingHost(VirtrigHost host) {
      this.host = host;
    }

    /** The host for what rings do not do. */
    public VirtrigHost host() {
      return host;
    }

    @Override
    public Result execute(Operation operation) {
      RingBatch batch = ring.batch(host);
      var _ = batch.add(operation);
      try {
        return batch.run().get(0);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
    }

    @Override
    public void close() {
      host.delete();
    }
  }
}
