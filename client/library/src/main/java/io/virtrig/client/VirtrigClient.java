package io.virtrig.client;

import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.virtrig.v1.ArgumentValue;
import io.virtrig.v1.BatchCreateHostsRequest;
import io.virtrig.v1.BatchDeleteHostsRequest;
import io.virtrig.v1.BatchRunVirtqueuesRequest;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.CreateProgramRequest;
import io.virtrig.v1.DeleteProgramRequest;
import io.virtrig.v1.GetProgramRequest;
import io.virtrig.v1.Host;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.HostServiceGrpc.HostServiceBlockingStub;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.ListHostsRequest;
import io.virtrig.v1.ListHostsResponse;
import io.virtrig.v1.ListProgramsRequest;
import io.virtrig.v1.ListProgramsResponse;
import io.virtrig.v1.Program;
import io.virtrig.v1.ProgramServiceGrpc;
import io.virtrig.v1.ProgramServiceGrpc.ProgramServiceBlockingStub;
import io.virtrig.v1.RunProgramRequest;
import io.virtrig.v1.RunProgramResponse;
import io.virtrig.v1.RunVirtqueuesRequest;
import io.virtrig.v1.RunVirtqueuesResponse;
import io.virtrig.v1.TranslationServiceGrpc;
import io.virtrig.v1.TranslationServiceGrpc.TranslationServiceBlockingStub;
import io.virtrig.v1.VirtqueueServiceGrpc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a daemon. Safe for use by several threads.
 *
 * <pre>{@code
 * try (VirtrigClient client = VirtrigClient.connect("127.0.0.1:7473")) {
 *   VirtrigHost host = client.createHost(HostSpec.getDefaultInstance());
 *   long kvm = host.processes(stub -> stub.open(OpenRequest.newBuilder().setHost(host.id()).setPath("/dev/kvm").build())).getRet();
 * }
 * }</pre>
 */
public final class VirtrigClient implements AutoCloseable {
  /** How many hosts a daemon makes, or ends, with one call. */
  public static final int MOST_HOSTS_TOGETHER = 1000;

  /** The deadline of a call unless another is chosen. */
  public static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(30);

  private static final int PAGE_SIZE = 1000;

  /** The state of a host with very many mappings is one message. */
  private static final int MAX_MESSAGE_SIZE = 64 << 20;

  private final Link link;

  /** For streams, which have no deadline. */
  private final Channel streams;

  private final Channel channel;
  private final HostServiceBlockingStub hosts;

  private VirtrigClient(Link link, Duration deadline, ClientInterceptor... interceptors) {
    this.link = link;
    streams = ClientInterceptors.intercept(link.channel(), interceptors);
    channel = ClientInterceptors.intercept(streams, new CallDeadline(deadline));
    hosts = HostServiceGrpc.newBlockingStub(channel);
  }

  /** Connects with the default deadline, as the environment says: {@link Credentials}. */
  public static VirtrigClient connect(String target) {
    return connect(target, DEFAULT_DEADLINE);
  }

  /** Connects as the environment says: {@link Credentials#fromEnvironment}. */
  public static VirtrigClient connect(String target, Duration deadline) {
    return connect(target, Credentials.fromEnvironment(), deadline);
  }

  /** Connects with the default deadline. */
  public static VirtrigClient connect(String target, Credentials credentials) {
    return connect(target, credentials, DEFAULT_DEADLINE);
  }

  /**
   * Connects. Nothing is sent before the first call.
   *
   * @param target {@code HOST:PORT}, or any name that gRPC resolves
   * @param deadline how long each call may take
   * @throws IllegalArgumentException when a token would leave this machine unencrypted
   */
  public static VirtrigClient connect(String target, Credentials credentials, Duration deadline) {
    return new VirtrigClient(
        credentials.link(
            target,
            channel ->
                channel
                    .defaultServiceConfig(RetryPolicy.serviceConfig())
                    .enableRetry()
                    .maxInboundMessageSize(MAX_MESSAGE_SIZE)),
        deadline,
        credentials.interceptors());
  }

  /**
   * Uses a channel that the caller made, e.g. an in-process one. The client owns it and ends it
   * when closed.
   *
   * @param deadline how long each call may take
   * @param interceptors what all calls go through
   */
  public static VirtrigClient over(
      ManagedChannel channel, Duration deadline, ClientInterceptor... interceptors) {
    return new VirtrigClient(new Link(channel, () -> {}), deadline, interceptors);
  }

  /**
   * Waits until the daemon answers.
   *
   * @throws io.grpc.StatusRuntimeException when it does not in that time, or answers no
   */
  public void awaitReady(Duration timeout) {
    var unused =
        HostServiceGrpc.newBlockingStub(streams)
            .withWaitForReady()
            .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS)
            .listHosts(ListHostsRequest.newBuilder().setPageSize(1).build());
  }

  /** Makes a host; the daemon chooses its id. */
  public VirtrigHost createHost(HostSpec spec) {
    return createHost("", spec);
  }

  /**
   * Makes a host.
   *
   * @param id 1 to 63 of a-z, 0-9 and "-", beginning with a letter; empty: the daemon chooses
   * @param spec what to simulate
   */
  public VirtrigHost createHost(String id, HostSpec spec) {
    return createHost(CreateHostRequest.newBuilder().setHostId(id).setSpec(spec));
  }

  /**
   * Makes a host that is deleted when a time is over, unless {@link VirtrigHost#renewLease} is
   * called before: for jobs that may die.
   *
   * @param id as for {@link #createHost(String, HostSpec)}
   * @param spec what to simulate
   * @param lease 1 second to 3650 days
   */
  public VirtrigHost createHost(String id, HostSpec spec, Duration lease) {
    return createHost(
        CreateHostRequest.newBuilder()
            .setHostId(id)
            .setSpec(spec)
            .setLease(VirtrigHost.message(lease)));
  }

  /**
   * Makes hosts of one kind with one call, all of them or none.
   *
   * @param id what their ids have before -1, -2 and so on; empty: the daemon chooses
   * @param count 1 to {@link #MOST_HOSTS_TOGETHER}
   * @param spec what each simulates
   * @param lease as for {@link #createHost(String, HostSpec, Duration)}; null: they stay
   * @return they, in the order of their numbers
   */
  public List<VirtrigHost> createHosts(
      String id, int count, HostSpec spec, @Nullable Duration lease) {
    CreateHostRequest.Builder request = CreateHostRequest.newBuilder().setSpec(spec);
    if (lease != null) {
      request.setLease(VirtrigHost.message(lease));
    }
    return createHosts(
        IntStream.rangeClosed(1, count)
            .mapToObj(i -> request.setHostId(id.isEmpty() ? "" : id + "-" + i).build())
            .toList());
  }

  /**
   * Makes hosts with one call, all of them or none.
   *
   * @param wanted 1 to {@link #MOST_HOSTS_TOGETHER}; each is given a {@code request_id} that has
   *     none
   * @return they, in the same order
   * @throws RefusalException that names the place of the one which is refused
   */
  public List<VirtrigHost> createHosts(List<CreateHostRequest> wanted) {
    BatchCreateHostsRequest.Builder batch = BatchCreateHostsRequest.newBuilder();
    String call = UUID.randomUUID().toString();
    for (CreateHostRequest one : wanted) {
      batch.addRequests(
          one.getRequestId().isEmpty()
              ? one.toBuilder().setRequestId(call + "-" + batch.getRequestsCount()).build()
              : one);
    }
    BatchCreateHostsRequest once = batch.build();
    return StatusDetails.answer(() -> hosts.batchCreateHosts(once)).getNamesList().stream()
        .map(this::host)
        .toList();
  }

  /**
   * Ends hosts with one call, all of them or none.
   *
   * @param ended 1 to {@link #MOST_HOSTS_TOGETHER}, each once
   */
  public void deleteHosts(List<VirtrigHost> ended) {
    BatchDeleteHostsRequest request =
        BatchDeleteHostsRequest.newBuilder()
            .addAllNames(ended.stream().map(VirtrigHost::id).toList())
            .build();
    var unused = StatusDetails.answer(() -> hosts.batchDeleteHosts(request));
  }

  private VirtrigHost createHost(CreateHostRequest.Builder request) {
    CreateHostRequest once = request.setRequestId(UUID.randomUUID().toString()).build();
    return host(StatusDetails.answer(() -> hosts.createHost(once)).getHost().getName());
  }

  /**
   * A host that exists; nothing is asked yet.
   *
   * @param name its id, or {@code hosts/ID}
   */
  public VirtrigHost host(String name) {
    return new VirtrigHost(channel, name);
  }

  /** A stream of batches: the fast way to drive hosts. It lives until it is closed. */
  public VirtrigRing openRing() {
    return VirtrigRing.open(streams);
  }

  /** All hosts, by id. */
  public List<Host> listHosts() {
    List<Host> all = new ArrayList<>();
    String token = "";
    do {
      ListHostsRequest request =
          ListHostsRequest.newBuilder().setPageSize(PAGE_SIZE).setPageToken(token).build();
      ListHostsResponse page = StatusDetails.answer(() -> hosts.listHosts(request));
      all.addAll(page.getHostsList());
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return all;
  }

  /** One page of hosts, for callers that do not want them all. */
  public ListHostsResponse listHosts(ListHostsRequest request) {
    return StatusDetails.answer(() -> hosts.listHosts(request));
  }

  /** Stores a program: a batch with a name. */
  public void createProgram(Program program) {
    var unused =
        StatusDetails.answer(
            () ->
                programs()
                    .createProgram(CreateProgramRequest.newBuilder().setProgram(program).build()));
  }

  /** The program of a name: {@code programs/ID} or {@code hosts/HOST/programs/ID}. */
  public Program program(String name) {
    return StatusDetails.answer(
            () -> programs().getProgram(GetProgramRequest.newBuilder().setName(name).build()))
        .getProgram();
  }

  /**
   * All programs of an owner, by id.
   *
   * @param parent {@code hosts/HOST}; empty: those for any host
   */
  public List<Program> listPrograms(String parent) {
    List<Program> all = new ArrayList<>();
    String token = "";
    do {
      ListProgramsRequest request =
          ListProgramsRequest.newBuilder()
              .setParent(parent)
              .setPageSize(PAGE_SIZE)
              .setPageToken(token)
              .build();
      ListProgramsResponse page = StatusDetails.answer(() -> programs().listPrograms(request));
      all.addAll(page.getProgramsList());
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return all;
  }

  /** Runs a program on a host; what its operations were refused is in the answer. */
  public RunProgramResponse runProgram(
      String name, String host, Map<String, ArgumentValue> arguments) {
    RunProgramRequest request =
        RunProgramRequest.newBuilder()
            .setName(name)
            .setHost(host)
            .putAllArguments(arguments)
            .build();
    return StatusDetails.answer(() -> programs().runProgram(request));
  }

  /** Forgets a program. */
  public void deleteProgram(String name) {
    var unused =
        StatusDetails.answer(
            () ->
                programs().deleteProgram(DeleteProgramRequest.newBuilder().setName(name).build()));
  }

  private ProgramServiceBlockingStub programs() {
    return ProgramServiceGrpc.newBlockingStub(channel);
  }

  /**
   * Runs a virtio device that lives for this call; no host is needed.
   *
   * @throws RefusalException when the simulator refuses
   */
  public RunVirtqueuesResponse runVirtqueues(RunVirtqueuesRequest request) {
    return StatusDetails.answer(
        () -> VirtqueueServiceGrpc.newBlockingStub(channel).runVirtqueues(request));
  }

  /**
   * Runs virtio devices that live for this call, and know nothing of each other; no host is needed.
   *
   * @param requests 1 to 64, with at most 64 kicks and 16 MiB of memory in all
   * @return what became of each, in the same order
   * @throws RefusalException that names the place of the one which is refused
   */
  public List<RunVirtqueuesResponse> runVirtqueues(List<RunVirtqueuesRequest> requests) {
    BatchRunVirtqueuesRequest batch =
        BatchRunVirtqueuesRequest.newBuilder().addAllRequests(requests).build();
    return StatusDetails.answer(
            () -> VirtqueueServiceGrpc.newBlockingStub(channel).batchRunVirtqueues(batch))
        .getRunsList();
  }

  /**
   * Explains translations: on a host, in an image of memory, descriptors.
   *
   * @throws RefusalException when the simulator refuses
   */
  public <R> R translation(Function<TranslationServiceBlockingStub, R> call) {
    return StatusDetails.answer(() -> call.apply(TranslationServiceGrpc.newBlockingStub(channel)));
  }

  /** Ends the connection; calls under way are given a moment to finish. */
  @Override
  public void close() {
    link.close();
  }
}
