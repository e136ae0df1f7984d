package io.virtrig.cli;

import io.grpc.BindableService;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.virtrig.client.VirtrigClient;
import io.virtrig.v1.BatchCreateHostsRequest;
import io.virtrig.v1.BatchCreateHostsResponse;
import io.virtrig.v1.BatchDeleteHostsRequest;
import io.virtrig.v1.BatchDeleteHostsResponse;
import io.virtrig.v1.Completion;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.CreateHostResponse;
import io.virtrig.v1.DeleteHostRequest;
import io.virtrig.v1.DeleteHostResponse;
import io.virtrig.v1.DescribeHostRequest;
import io.virtrig.v1.DescribeHostResponse;
import io.virtrig.v1.Event;
import io.virtrig.v1.EventKind;
import io.virtrig.v1.ExecuteRequest;
import io.virtrig.v1.ExecuteResponse;
import io.virtrig.v1.GetHostRequest;
import io.virtrig.v1.GetHostResponse;
import io.virtrig.v1.Host;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.ListEventsRequest;
import io.virtrig.v1.ListEventsResponse;
import io.virtrig.v1.ListHostsRequest;
import io.virtrig.v1.ListHostsResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.OperationServiceGrpc;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.RingResponse;
import io.virtrig.v1.RingServiceGrpc;
import io.virtrig.v1.StateField;
import io.virtrig.v1.StateNode;
import io.virtrig.v1.SubmissionEntry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** A daemon whose hosts answer as a test says. It keeps count of its hosts, so that leaks show. */
public final class FakeDaemon implements AutoCloseable {

  private static final AtomicInteger INSTANCES = new AtomicInteger();

  private final Map<String, HostSpec> hosts = new ConcurrentSkipListMap<>();
  private final AtomicInteger created = new AtomicInteger();
  private volatile int most = Integer.MAX_VALUE;
  private final Queue<Integer> batches = new ConcurrentLinkedQueue<>();
  private final Map<String, Integer> executed = new ConcurrentSkipListMap<>();
  private final Function<Operation, Result> kernel;
  private final String name = "fake-" + INSTANCES.incrementAndGet();
  private final Server server;
  private final String target;

  private FakeDaemon(Function<Operation, Result> kernel, boolean inProcess) throws IOException {
    this.kernel = kernel;
    ServerBuilder<?> builder =
        inProcess
            ? InProcessServerBuilder.forName(name)
            : Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create());
    for (BindableService service :
        new BindableService[] {new Hosts(), new Operations(), new Ring()}) {
      builder.addService(service);
    }
    server = builder.build().start();
    target = "127.0.0.1:" + server.getPort();
  }

  /** Without a port. */
  public static FakeDaemon inProcess(Function<Operation, Result> kernel) throws IOException {
    return new FakeDaemon(kernel, true);
  }

  /** On a port of its own. */
  public static FakeDaemon onPort(Function<Operation, Result> kernel) throws IOException {
    return new FakeDaemon(kernel, false);
  }

  public VirtrigClient client() {
    ManagedChannel channel = InProcessChannelBuilder.forName(name).build();
    return VirtrigClient.over(channel, Duration.ofSeconds(10));
  }

  public String target() {
    return target;
  }

  public Map<String, HostSpec> hosts() {
    return hosts;
  }

  /** From now on it holds no more hosts. */
  public void limit(int hosts) {
    most = hosts;
  }

  public int created() {
    return created.get();
  }

  /** How many operations each batch had that came over rings. */
  public List<Integer> batches() {
    return List.copyOf(batches);
  }

  /** How many operations came over rings for each host. */
  public Map<String, Integer> executed() {
    return Map.copyOf(executed);
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  /** The refusal as a status, as the daemon sends it. */
  static io.grpc.StatusRuntimeException status(int code, Refusal.Code refusal, String reason) {
    com.google.protobuf.Any detail =
        com.google.protobuf.Any.pack(
            Refusal.newBuilder().setCode(refusal).setReason(reason).build());
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder().setCode(code).addDetails(detail).build());
  }

  private static <T> void answer(StreamObserver<T> observer, T value) {
    observer.onNext(value);
    observer.onCompleted();
  }

  private Host host(String id) {
    return Host.newBuilder()
        .setName("hosts/" + id)
        .setSpec(hosts.getOrDefault(id, HostSpec.getDefaultInstance()))
        .setOperations(3)
        .build();
  }

  private boolean isMissing(String id, StreamObserver<?> observer) {
    if (hosts.containsKey(id)) {
      return false;
    }
    observer.onError(status(5, Refusal.Code.CODE_NOT_FOUND, "no host is called " + id));
    return true;
  }

  private final class Hosts extends HostServiceGrpc.HostServiceImplBase {
    @Override
    public void createHost(CreateHostRequest request, StreamObserver<CreateHostResponse> observer) {
      if (request.getSpec().getArch().equals("vax")) {
        observer.onError(status(12, Refusal.Code.CODE_UNIMPLEMENTED, "no VAX yet"));
        return;
      }
      synchronized (hosts) {
        if (!isFull(1, observer)) {
          answer(observer, CreateHostResponse.newBuilder().setHost(create(request)).build());
        }
      }
    }

    private boolean isFull(int more, StreamObserver<?> observer) {
      boolean full = hosts.size() + more > most;
      if (full) {
        observer.onError(status(8, Refusal.Code.CODE_RESOURCE_EXHAUSTED, "no more hosts"));
      }
      return full;
    }

    private Host create(CreateHostRequest request) {
      int number = created.incrementAndGet();
      String id = request.getHostId().isEmpty() ? "host-" + number : request.getHostId();
      hosts.put(id, request.getSpec());
      return host(id);
    }

    @Override
    public void batchCreateHosts(
        BatchCreateHostsRequest request, StreamObserver<BatchCreateHostsResponse> observer) {
      if (request.getRequestsList().stream()
          .anyMatch(one -> one.getSpec().getArch().equals("vax"))) {
        observer.onError(status(12, Refusal.Code.CODE_UNIMPLEMENTED, "no VAX yet"));
        return;
      }
      BatchCreateHostsResponse.Builder response = BatchCreateHostsResponse.newBuilder();
      synchronized (hosts) {
        if (!isFull(request.getRequestsCount(), observer)) {
          request.getRequestsList().forEach(one -> response.addNames(create(one).getName()));
          answer(observer, response.build());
        }
      }
    }

    @Override
    public void batchDeleteHosts(
        BatchDeleteHostsRequest request, StreamObserver<BatchDeleteHostsResponse> observer) {
      for (String name : request.getNamesList()) {
        if (isMissing(name, observer)) {
          return;
        }
      }
      request.getNamesList().forEach(hosts::remove);
      answer(observer, BatchDeleteHostsResponse.getDefaultInstance());
    }

    @Override
    public void getHost(GetHostRequest request, StreamObserver<GetHostResponse> observer) {
      if (!isMissing(request.getName(), observer)) {
        answer(observer, GetHostResponse.newBuilder().setHost(host(request.getName())).build());
      }
    }

    @Override
    public void listHosts(ListHostsRequest request, StreamObserver<ListHostsResponse> observer) {
      ListHostsResponse.Builder page = ListHostsResponse.newBuilder();
      hosts.keySet().forEach(id -> page.addHosts(host(id)));
      answer(observer, page.build());
    }

    @Override
    public void deleteHost(DeleteHostRequest request, StreamObserver<DeleteHostResponse> observer) {
      if (!isMissing(request.getName(), observer)) {
        hosts.remove(request.getName());
        answer(observer, DeleteHostResponse.getDefaultInstance());
      }
    }

    @Override
    public void describeHost(
        DescribeHostRequest request, StreamObserver<DescribeHostResponse> observer) {
      if (!isMissing(request.getName(), observer)) {
        StateField path = StateField.newBuilder().setName("path").setValue("/dev/kvm").build();
        StateNode fd = StateNode.newBuilder().setName("fd").setKey("3").addFields(path).build();
        StateNode process =
            StateNode.newBuilder().setName("process").setKey("1").addChildren(fd).build();
        StateNode root =
            StateNode.newBuilder().setName("host").addChildren(process).addChildren(fd).build();
        answer(
            observer,
            DescribeHostResponse.newBuilder()
                .setHost(host(request.getName()))
                .setStateHash("c0ffee")
                .setState(root)
                .build());
      }
    }

    @Override
    public void listEvents(ListEventsRequest request, StreamObserver<ListEventsResponse> observer) {
      ListEventsResponse.Builder page = ListEventsResponse.newBuilder();
      for (long sequence = request.getAfter() + 1; sequence <= 2500; sequence++) {
        if (page.getEventsCount() < request.getPageSize()) {
          page.addEvents(
              Event.newBuilder().setSequence(sequence).setKind(EventKind.EVENT_KIND_DMA_FAULT));
        }
      }
      answer(observer, page.build());
    }
  }

  private final class Operations extends OperationServiceGrpc.OperationServiceImplBase {
    @Override
    public void execute(ExecuteRequest request, StreamObserver<ExecuteResponse> observer) {
      if (isMissing(request.getHost(), observer)) {
        return;
      }
      ExecuteResponse.Builder response = ExecuteResponse.newBuilder();
      try {
        request
            .getOperationsList()
            .forEach(operation -> response.addResults(kernel.apply(operation)));
      } catch (io.grpc.StatusRuntimeException e) {
        observer.onError(e);
        return;
      }
      answer(observer, response.build());
    }
  }

  private final class Ring extends RingServiceGrpc.RingServiceImplBase {
    @Override
    public StreamObserver<RingRequest> ring(StreamObserver<RingResponse> observer) {
      return new StreamObserver<>() {
        private long number;

        @Override
        public void onNext(RingRequest request) {
          batches.add(request.getEntriesCount());
          RingResponse.Builder response =
              RingResponse.newBuilder().setBatch(++number).setLast(true);
          try {
            for (SubmissionEntry entry : request.getEntriesList()) {
              executed.merge(
                  entry.getHost().isEmpty() ? request.getHost() : entry.getHost(), 1, Integer::sum);
              response.addCompletions(
                  Completion.newBuilder()
                      .setUserData(entry.getUserData())
                      .setResult(kernel.apply(entry.getOperation())));
            }
          } catch (io.grpc.StatusRuntimeException e) {
            observer.onError(e);
            return;
          }
          observer.onNext(response.build());
        }

        @Override
        public void onError(Throwable cancelled) {}

        @Override
        public void onCompleted() {
          observer.onCompleted();
        }
      };
    }
  }
}
