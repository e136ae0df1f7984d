package io.virtrig.cli.conformance;

import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.client.VirtrigRing;
import io.virtrig.v1.BatchDecodeDescriptorsRequest;
import io.virtrig.v1.BatchWalkImagesRequest;
import io.virtrig.v1.DecodeDescriptorRequest;
import io.virtrig.v1.DecodeDescriptorResponse;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.RunVirtqueuesRequest;
import io.virtrig.v1.RunVirtqueuesResponse;
import io.virtrig.v1.WalkImageRequest;
import io.virtrig.v1.WalkImageResponse;
import java.util.List;
import java.util.function.Function;

/**
 * Operations in batches, over one ring. What is asked alone is not asked as a batch of one, so that
 * a refusal names its field and no place in a batch.
 */
public final class RingTransport implements Transport {
  private static final int MOST_TOGETHER = 64;
  private static final int MOST_RUNS = 64;
  private static final int MOST_IMAGES = 64;
  private static final int MOST_DESCRIPTORS = 1024;

  private final VirtrigClient client;
  private final VirtrigRing ring;
  private final RingBatches batches;
  private final HostBatches hosts;
  private final Together<RunVirtqueuesRequest, RunVirtqueuesResponse> running;
  private final Together<WalkImageRequest, WalkImageResponse> walking;
  private final Together<DecodeDescriptorRequest, DecodeDescriptorResponse> decoding;

  /**
   * Over a ring of its own.
   *
   * @param threads how many use it at a time
   */
  public RingTransport(VirtrigClient client, int threads) {
    this.client = client;
    ring = client.openRing();
    batches = new RingBatches(ring);
    hosts = new HostBatches(client, threads);
    running = together(MOST_RUNS, client::runVirtqueues, client::runVirtqueues);
    walking = together(MOST_IMAGES, this::walk, this::walkAll);
    decoding = together(MOST_DESCRIPTORS, this::decode, this::decodeAll);
  }

  private static <Q, A> Together<Q, A> together(
      int most, Function<Q, A> alone, Function<List<Q>, List<A>> all) {
    return new Together<>(
        most,
        requests ->
            requests.size() == 1 ? List.of(alone.apply(requests.getFirst())) : all.apply(requests));
  }

  @Override
  public RingHost create(HostSpec spec) {
    return new RingHost(hosts.create(spec));
  }

  @Override
  public RunVirtqueuesResponse run(RunVirtqueuesRequest request) {
    return running.ask(request);
  }

  @Override
  public WalkImageResponse walkImage(WalkImageRequest request) {
    return walking.ask(request);
  }

  @Override
  public DecodeDescriptorResponse decodeDescriptor(DecodeDescriptorRequest request) {
    return decoding.ask(request);
  }

  private WalkImageResponse walk(WalkImageRequest request) {
    return client.translation(stub -> stub.walkImage(request));
  }

  private List<WalkImageResponse> walkAll(List<WalkImageRequest> requests) {
    BatchWalkImagesRequest batch =
        BatchWalkImagesRequest.newBuilder().addAllRequests(requests).build();
    return client.translation(stub -> stub.batchWalkImages(batch)).getImagesList();
  }

  private DecodeDescriptorResponse decode(DecodeDescriptorRequest request) {
    return client.translation(stub -> stub.decodeDescriptor(request));
  }

  private List<DecodeDescriptorResponse> decodeAll(List<DecodeDescriptorRequest> requests) {
    BatchDecodeDescriptorsRequest batch =
        BatchDecodeDescriptorsRequest.newBuilder().addAllRequests(requests).build();
    return client.translation(stub -> stub.batchDecodeDescriptors(batch)).getDescriptorsList();
  }

  @Override
  public void close() {
    try (ring) {
      hosts.close();
    }
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
      return execute(List.of(operation)).getFirst();
    }

    @Override
    public int mostTogether() {
      return MOST_TOGETHER;
    }

    @Override
    public List<Result> execute(List<Operation> operations) {
      return batches.execute(host, operations);
    }

    @Override
    public void close() {
      hosts.end(host);
    }
  }
}
