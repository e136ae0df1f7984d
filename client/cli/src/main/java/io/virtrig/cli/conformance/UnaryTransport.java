package io.virtrig.cli.conformance;

import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.v1.DecodeDescriptorRequest;
import io.virtrig.v1.DecodeDescriptorResponse;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.WalkImageRequest;
import io.virtrig.v1.WalkImageResponse;

/** One call an operation, over {@code OperationService.Execute}. */
final class UnaryTransport implements Transport {

  private final VirtrigClient client;

  UnaryTransport(VirtrigClient client) {
    this.client = client;
  }

  @Override
  public SimulatedHost create(HostSpec spec) {
    return new UnaryHost(client.createHost(spec));
  }

  @Override
  public WalkImageResponse walkImage(WalkImageRequest request) {
    return client.translation(stub -> stub.walkImage(request));
  }

  @Override
  public DecodeDescriptorResponse decodeDescriptor(DecodeDescriptorRequest request) {
    return client.translation(stub -> stub.decodeDescriptor(request));
  }

  private record UnaryHost(VirtrigHost host) implements SimulatedHost {
    @Override
    public Result execute(Operation operation) {
      return host.execute(operation);
    }

    @Override
    public void close() {
      host.delete();
    }
  }
}
