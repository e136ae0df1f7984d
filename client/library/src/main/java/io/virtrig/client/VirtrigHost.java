package io.virtrig.client;

import com.google.protobuf.Message;
import io.grpc.Channel;
import io.virtrig.v1.CloneHostRequest;
import io.virtrig.v1.DeleteHostRequest;
import io.virtrig.v1.DescribeHostRequest;
import io.virtrig.v1.DescribeHostResponse;
import io.virtrig.v1.ExecuteRequest;
import io.virtrig.v1.GetHostRequest;
import io.virtrig.v1.GuestServiceGrpc;
import io.virtrig.v1.GuestServiceGrpc.GuestServiceBlockingStub;
import io.virtrig.v1.HardwareServiceGrpc;
import io.virtrig.v1.HardwareServiceGrpc.HardwareServiceBlockingStub;
import io.virtrig.v1.Host;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.HostServiceGrpc.HostServiceBlockingStub;
import io.virtrig.v1.KvmServiceGrpc;
import io.virtrig.v1.KvmServiceGrpc.KvmServiceBlockingStub;
import io.virtrig.v1.ListCallsRequest;
import io.virtrig.v1.ListCallsResponse;
import io.virtrig.v1.ListEventsRequest;
import io.virtrig.v1.ListEventsResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.OperationServiceGrpc;
import io.virtrig.v1.ProcessServiceGrpc;
import io.virtrig.v1.ProcessServiceGrpc.ProcessServiceBlockingStub;
import io.virtrig.v1.RenewLeaseRequest;
import io.virtrig.v1.Result;
import io.virtrig.v1.TraceServiceGrpc;
import io.virtrig.v1.TracedCall;
import io.virtrig.v1.VfioServiceGrpc;
import io.virtrig.v1.VfioServiceGrpc.VfioServiceBlockingStub;
import io.virtrig.v1.VmmServiceGrpc;
import io.virtrig.v1.VmmServiceGrpc.VmmServiceBlockingStub;
import io.virtrig.v1.WatchEventsRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;

/**
 * A simulated host of a daemon.
 *
 * <p>Every method throws {@link ErrnoException} where the simulated kernel refuses and {@link
 * RefusalException} where the simulator does, {@link #execute} excepted, which returns them in its
 * results. The methods that take a function hand it the typed stub of a service; its requests carry
 * {@link #id()} in their {@code host} field.
 */
public final class VirtrigHost {

  private static final String PREFIX = "hosts/";
  private static final int CALLS_A_PAGE = 1000;

  private final Channel channel;
  private final String id;

  VirtrigHost(Channel channel, String name) {
    this.channel = channel;
    id = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
  }

  /** The id, without {@code hosts/}. */
  public String id() {
    return id;
  }

  /** What the daemon knows about it: its specification with defaults filled in. */
  public Host get() {
    return StatusDetails.answer(
            () -> hosts().getHost(GetHostRequest.newBuilder().setName(id).build()))
        .getHost();
  }

  /** What is inside: its state as a tree, and the hash of it. */
  public DescribeHostResponse describe() {
    return StatusDetails.answer(
        () -> hosts().describeHost(DescribeHostRequest.newBuilder().setName(id).build()));
  }

  /**
   * Makes a host in the state that this one is in.
   *
   * @param newId the id of the new one; empty: the daemon chooses
   */
  public VirtrigHost cloneHost(String newId) {
    CloneHostRequest request =
        CloneHostRequest.newBuilder()
            .setName(id)
            .setHostId(newId)
            .setRequestId(UUID.randomUUID().toString())
            .build();
    return new VirtrigHost(
        channel, StatusDetails.answer(() -> hosts().cloneHost(request)).getHost().getName());
  }

  /**
   * Makes a host in the state that this one is in, with a lease of its own.
   *
   * @param newId the id of the new one; empty: the daemon chooses
   * @param lease 1 second to 3650 days
   */
  public VirtrigHost cloneHost(String newId, Duration lease) {
    CloneHostRequest request =
        CloneHostRequest.newBuilder()
            .setName(id)
            .setHostId(newId)
            .setRequestId(UUID.randomUUID().toString())
            .setLease(message(lease))
            .build();
    return new VirtrigHost(
        channel, StatusDetails.answer(() -> hosts().cloneHost(request)).getHost().getName());
  }

  /** Lets it live on for as long as its lease says, from now. */
  public Host renewLease() {
    return renew(RenewLeaseRequest.newBuilder().setName(id).build());
  }

  /**
   * Lets it live on.
   *
   * @param lease for how long, from now and after each renewal: 1 second to 3650 days
   */
  public Host renewLease(Duration lease) {
    return renew(RenewLeaseRequest.newBuilder().setName(id).setLease(message(lease)).build());
  }

  private Host renew(RenewLeaseRequest request) {
    return StatusDetails.answer(() -> hosts().renewLease(request)).getHost();
  }

  static com.google.protobuf.Duration message(Duration duration) {
    return com.google.protobuf.Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }

  /** Ends it: every process exits. */
  public void delete() {
    var unused =
        StatusDetails.answer(
            () -> hosts().deleteHost(DeleteHostRequest.newBuilder().setName(id).build()));
  }

  /**
   * What happened on it.
   *
   * @param after only events with a sequence number above this
   * @param limit at most so many, 1 to 1000
   */
  public ListEventsResponse events(long after, int limit) {
    ListEventsRequest request =
        ListEventsRequest.newBuilder().setName(id).setAfter(after).setPageSize(limit).build();
    return StatusDetails.answer(() -> hosts().listEvents(request));
  }

  /**
   * The events that happen from now on, as they happen; the caller closes it. See {@link
   * EventWatch}.
   */
  public EventWatch watchEvents() {
    return new EventWatch(channel, WatchEventsRequest.newBuilder().setName(id).build());
  }

  /**
   * The events with a sequence number above one, as they happen.
   *
   * @param after 0 for all that are still kept
   */
  public EventWatch watchEvents(long after) {
    return new EventWatch(
        channel, WatchEventsRequest.newBuilder().setName(id).setAfter(after).build());
  }

  /**
   * What its modelled VMMs asked of its kernel.
   *
   * @param after only calls with a sequence number above this
   * @param limit at most so many, 1 to 1000
   */
  public ListCallsResponse calls(long after, int limit) {
    ListCallsRequest request =
        ListCallsRequest.newBuilder().setHost(id).setAfter(after).setPageSize(limit).build();
    return StatusDetails.answer(() -> TraceServiceGrpc.newBlockingStub(channel).listCalls(request));
  }

  /** All of these that are kept, the oldest first; as {@link #calls(long, int)}. */
  public List<TracedCall> calls(long after) {
    List<TracedCall> all = new ArrayList<>();
    long last = after;
    while (true) {
      List<TracedCall> page = calls(last, CALLS_A_PAGE).getCallsList();
      all.addAll(page);
      if (page.size() < CALLS_A_PAGE) {
        return all;
      }
      last = page.get(page.size() - 1).getSequence();
    }
  }

  /** Executes operations one after another, each whatever came of those before. */
  public List<Result> execute(List<Operation> operations) {
    ExecuteRequest request =
        ExecuteRequest.newBuilder().setHost(id).addAllOperations(operations).build();
    return StatusDetails.answer(
            () -> OperationServiceGrpc.newBlockingStub(channel).execute(request))
        .getResultsList();
  }

  /** Executes one operation; an errno or refusal is in the result. */
  public Result execute(Operation operation) {
    List<Result> results = execute(List.of(operation));
    if (results.size() != 1) {
      throw new IllegalStateException(
          "the daemon answered one operation with " + results.size() + " results");
    }
    return results.get(0);
  }

  /**
   * Executes one operation that is to succeed.
   *
   * @return its response
   */
  public Message call(Operation operation) {
    Result result = execute(operation);
    if (result.hasErrno()) {
      throw new ErrnoException(result.getErrno());
    }
    if (result.hasRefusal()) {
      throw new RefusalException(result.getRefusal());
    }
    return Vocabulary.response(result)
        .orElseThrow(() -> new IllegalStateException("the daemon sent an empty result"));
  }

  /** Calls the processes' system calls. */
  public <R> R processes(Function<ProcessServiceBlockingStub, R> call) {
    return StatusDetails.answer(() -> call.apply(ProcessServiceGrpc.newBlockingStub(channel)));
  }

  /** Calls ioctls of VFIO. */
  public <R> R vfio(Function<VfioServiceBlockingStub, R> call) {
    return StatusDetails.answer(() -> call.apply(VfioServiceGrpc.newBlockingStub(channel)));
  }

  /** Calls ioctls of KVM. */
  public <R> R kvm(Function<KvmServiceBlockingStub, R> call) {
    return StatusDetails.answer(() -> call.apply(KvmServiceGrpc.newBlockingStub(channel)));
  }

  /** Acts as a guest. */
  public <R> R guest(Function<GuestServiceBlockingStub, R> call) {
    return StatusDetails.answer(() -> call.apply(GuestServiceGrpc.newBlockingStub(channel)));
  }

  /** Acts as a modelled VMM, and as its guest. */
  public <R> R vmm(Function<VmmServiceBlockingStub, R> call) {
    return StatusDetails.answer(() -> call.apply(VmmServiceGrpc.newBlockingStub(channel)));
  }

  /** Acts as a device. */
  public <R> R hardware(Function<HardwareServiceBlockingStub, R> call) {
    return StatusDetails.answer(() -> call.apply(HardwareServiceGrpc.newBlockingStub(channel)));
  }

  private HostServiceBlockingStub hosts() {
    return HostServiceGrpc.newBlockingStub(channel);
  }
}
