package io.virtrig.cli.conformance;

import io.virtrig.v1.DecodeDescriptorRequest;
import io.virtrig.v1.DecodeDescriptorResponse;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.RunVirtqueuesRequest;
import io.virtrig.v1.RunVirtqueuesResponse;
import io.virtrig.v1.WalkImageRequest;
import io.virtrig.v1.WalkImageResponse;
import java.util.concurrent.CompletableFuture;

/** A transport that comes when its daemon has started: who needs it before that waits. */
final class AwaitedTransport implements Transport {
  private final CompletableFuture<Transport> coming;

  /** Waits for another. */
  AwaitedTransport(CompletableFuture<Transport> coming) {
    this.coming = coming;
  }

  @Override
  public SimulatedHost create(HostSpec spec) {
    return coming.join().create(spec);
  }

  @Override
  public RunVirtqueuesResponse run(RunVirtqueuesRequest request) {
    return coming.join().run(request);
  }

  @Override
  public WalkImageResponse walkImage(WalkImageRequest request) {
    return coming.join().walkImage(request);
  }

  @Override
  public DecodeDescriptorResponse decodeDescriptor(DecodeDescriptorRequest request) {
    return coming.join().decodeDescriptor(request);
  }
}
