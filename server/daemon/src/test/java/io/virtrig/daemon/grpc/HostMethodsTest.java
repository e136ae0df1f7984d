package io.virtrig.daemon.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.virtrig.v1.BatchCreateHostsRequest;
import io.virtrig.v1.BatchDeleteHostsRequest;
import io.virtrig.v1.CloneHostRequest;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.DeleteHostRequest;
import io.virtrig.v1.DescribeHostRequest;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.Errno;
import io.virtrig.v1.ExecuteRequest;
import io.virtrig.v1.ExitRequest;
import io.virtrig.v1.GetHostRequest;
import io.virtrig.v1.Host;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.ListEventsRequest;
import io.virtrig.v1.ListHostsRequest;
import io.virtrig.v1.ListHostsResponse;
import io.virtrig.v1.LoadRequest;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.ProcessServiceGrpc;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;
import io.virtrig.v1.StoreRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class HostMethodsTest {
  private ServedDaemon daemon;

  @BeforeEach
  void start() throws IOException {
    daemon = new ServedDaemon();
  }

  @AfterEach
  void stop() {
    daemon.close();
  }

  @Test
  void aCloneHasWhatItsOriginalHadAndGoesItsOwnWay() {
    create("original");
    long address = execute("original", mmap()).getMmap().getRet();
    execute("original", store(address, "both"));
    CloneHostRequest request =
        CloneHostRequest.newBuilder()
            .setName("hosts/original")
            .setHostId("twin")
            .setRequestId("once")
            .build();
    Host clone = daemon.hosts().cloneHost(request).getHost();
    assertThat(clone.getName()).isEqualTo("hosts/twin");
    assertThat(clone.getOperations()).isEqualTo(2);
    assertThat(daemon.hosts().cloneHost(request).getHost().getName()).isEqualTo("hosts/twin");
    execute("original", store(address, "mine"));
    assertThat(load("twin", address)).isEqualTo("both");
    execute("twin", store(address, "ours"));
    assertThat(load("original", address)).isEqualTo("mine");
    daemon.hosts().deleteHost(DeleteHostRequest.newBuilder().setName("original").build());
    assertThat(load("twin", address)).isEqualTo("ours");
    StatusRuntimeException taken =
        refused(
            () ->
                daemon
                    .hosts()
                    .cloneHost(
                        CloneHostRequest.newBuilder().setName("twin").setHostId("twin").build()));
    assertThat(taken.getStatus().getCode()).isEqualTo(Status.Code.ALREADY_EXISTS);
    StatusRuntimeException unknown = refused(() -> daemon.hosts().cloneHost(request));
    assertThat(unknown.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
  }

  private Result execute(String host, Operation.Builder operation) {
    Result result =
        daemon
            .operations()
            .execute(ExecuteRequest.newBuilder().setHost(host).addOperations(operation).build())
            .getResults(0);
    assertThat(result.hasErrno() || result.hasRefusal()).as("%s", result).isFalse();
    return result;
  }

  private static Operation.Builder mmap() {
    return Operation.newBuilder().setMmap(MmapRequest.newBuilder().setLength(1 << 20));
  }

  private static Operation.Builder store(long address, String text) {
    return Operation.newBuilder()
        .setStore(
            StoreRequest.newBuilder().setAddr(address).setBytes(ByteString.copyFromUtf8(text)));
  }

  private String load(String host, long address) {
    return execute(
            host,
            Operation.newBuilder().setLoad(LoadRequest.newBuilder().setAddr(address).setLength(4)))
        .getLoad()
        .getBytes()
        .toStringUtf8();
  }

  /** However long what hosts are specified as. */
  @Test
  void aPageOfLargeHostsEndsEarlyAndTheNextGoesOn() {
    String name = "n".repeat(1_500_000);
    HostSpec large =
        HostSpec.newBuilder()
            .addDevices(DeviceSpec.newBuilder().setName(name).setBdf("0000:01:00.0"))
            .build();
    List<String> made = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      made.add(
          daemon
              .hosts()
              .createHost(
                  CreateHostRequest.newBuilder().setHostId("large-" + i).setSpec(large).build())
              .getHost()
              .getName());
    }
    List<String> listed = new ArrayList<>();
    String token = "";
    do {
      ListHostsResponse page =
          daemon
              .hosts()
              .listHosts(
                  ListHostsRequest.newBuilder().setPageSize(1000).setPageToken(token).build());
      assertThat(page.getHostsCount()).isBetween(1, 3);
      page.getHostsList().forEach(host -> listed.add(host.getName()));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    assertThat(listed).isEqualTo(made);
  }

  @Test
  void aHostIsMadeFoundAndDeleted() {
    Host made = create("rig-1");
    assertThat(made.getName()).isEqualTo("hosts/rig-1");
    assertThat(made.getSpec().getIommu().getModel()).isEqualTo("intel-vtd");
    assertThat(get("hosts/rig-1")).isEqualTo(made);
    assertThat(get("rig-1")).isEqualTo(made);
    daemon.hosts().deleteHost(DeleteHostRequest.newBuilder().setName("hosts/rig-1").build());
    assertThat(refused(() -> get("rig-1")).getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void hostsAreMadeAndEndedTogether() {
    List<String> made = createAll(wanted("a"), wanted(""), wanted("b"));
    assertThat(made).hasSize(3).startsWith("hosts/a").endsWith("hosts/b");
    assertThat(ids()).containsExactlyInAnyOrderElementsOf(made);
    assertThat(get(made.get(1)).getSpec()).isEqualTo(get("a").getSpec());
    deleteAll("a", made.get(1), "hosts/b");
    assertThat(ids()).isEmpty();
  }

  @Test
  void whatRefusesOneHostOfSeveralNamesItAndLeavesNone() {
    CreateHostRequest vax = wanted("c").setSpec(HostSpec.newBuilder().setArch("vax")).build();
    StatusRuntimeException refusal =
        refused(() -> createAll(wanted("a"), wanted("b"), vax.toBuilder()));
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refusal.getStatus().getDescription()).startsWith("requests[2]: spec.arch: ");
    assertThat(detail(refusal, Refusal.class).getField()).isEqualTo("requests[2].spec.arch");
    StatusRuntimeException lease =
        refused(
            () ->
                createAll(
                    wanted("a"), wanted("b").setLease(com.google.protobuf.Duration.newBuilder())));
    assertThat(lease.getStatus().getDescription()).startsWith("requests[1]: lease: ");
    StatusRuntimeException twice = refused(() -> createAll(wanted("a"), wanted("a")));
    assertThat(twice.getStatus().getCode()).isEqualTo(Status.Code.ALREADY_EXISTS);
    assertThat(twice.getStatus().getDescription()).startsWith("requests[1]: ");
    assertThat(ids()).isEmpty();
  }

  /** The first of two that are wrong is the one that is told. */
  @Test
  void ofTwoBadHostsTheFirstIsTold() {
    CreateHostRequest.Builder vax =
        wanted("a").setSpec(HostSpec.newBuilder().setArch("vax").build());
    assertThat(refused(() -> createAll(wanted("B"), vax)).getStatus().getDescription())
        .startsWith("requests[0]: ");
    assertThat(refused(() -> createAll(vax, wanted("B"))).getStatus().getDescription())
        .startsWith("requests[0]: spec.arch");
  }

  @Test
  void aBatchThatIsRepeatedAnswersTheSameHostsAndARefusedOneKeepsThoseOfBefore() {
    CreateHostRequest.Builder first = wanted("a").setRequestId("r1");
    CreateHostRequest.Builder second = wanted("b").setRequestId("r2");
    assertThat(createAll(first, second)).isEqualTo(createAll(first, second));
    assertThat(refused(() -> createAll(first, second, wanted("c"), wanted("b"))).getStatus())
        .extracting(Status::getCode)
        .isEqualTo(Status.Code.ALREADY_EXISTS);
    assertThat(ids()).containsExactly("hosts/a", "hosts/b");
  }

  @Test
  void aRefusedBatchLeavesTheLeaseOfAHostThatWasThere() {
    CreateHostRequest.Builder leased = wanted("a").setRequestId("r1").setLease(seconds(1000));
    createAll(leased);
    assertThat(refused(() -> createAll(leased.setLease(seconds(2000)), wanted("B"))).getStatus())
        .extracting(Status::getCode)
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(get("a").getLease().getSeconds()).isEqualTo(1000);
    createAll(leased);
    assertThat(get("a").getLease().getSeconds()).isEqualTo(2000);
  }

  private static com.google.protobuf.Duration.Builder seconds(long seconds) {
    return com.google.protobuf.Duration.newBuilder().setSeconds(seconds);
  }

  @Test
  void ofHostsThatEndTogetherEachIsThereAndNamedOnce() {
    createAll(wanted("a"), wanted("b"));
    StatusRuntimeException absent = refused(() -> deleteAll("a", "x", "b"));
    assertThat(absent.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(absent.getStatus().getDescription()).startsWith("names[1]: ").contains("\"x\"");
    StatusRuntimeException twice = refused(() -> deleteAll("a", "b", "hosts/a"));
    assertThat(twice.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(twice.getStatus().getDescription()).startsWith("names[2]: ").contains("\"a\"");
    assertThat(refused(() -> deleteAll("a", "")).getStatus().getDescription())
        .isEqualTo("names[1]: names no host");
    assertThat(ids()).containsExactly("hosts/a", "hosts/b");
  }

  @Test
  void aBatchHasOneToAThousandHosts() {
    assertThat(refused(this::createAll).getStatus().getDescription())
        .isEqualTo("requests: 0 hosts, where 1 to 1000 go together");
    assertThat(refused(this::deleteAll).getStatus().getDescription())
        .isEqualTo("names: 0 hosts, where 1 to 1000 go together");
    CreateHostRequest.Builder[] many = new CreateHostRequest.Builder[1001];
    Arrays.fill(many, wanted(""));
    assertThat(refused(() -> createAll(many)).getStatus().getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(ids()).isEmpty();
    List<String> made = createAll(Arrays.copyOf(many, 1000));
    assertThat(made).hasSize(1000).doesNotHaveDuplicates();
    deleteAll(made.toArray(String[]::new));
    assertThat(ids()).isEmpty();
  }

  private static CreateHostRequest.Builder wanted(String id) {
    return CreateHostRequest.newBuilder().setHostId(id);
  }

  private List<String> createAll(CreateHostRequest.Builder... wanted) {
    BatchCreateHostsRequest.Builder request = BatchCreateHostsRequest.newBuilder();
    for (CreateHostRequest.Builder one : wanted) {
      request.addRequests(one);
    }
    return daemon.hosts().batchCreateHosts(request.build()).getNamesList();
  }

  private void deleteAll(String... names) {
    var _ =
        daemon
            .hosts()
            .batchDeleteHosts(
                BatchDeleteHostsRequest.newBuilder().addAllNames(List.of(names)).build());
  }

  private List<String> ids() {
    return daemon
        .hosts()
        .listHosts(ListHostsRequest.newBuilder().setPageSize(1000).build())
        .getHostsList()
        .stream()
        .map(Host::getName)
        .toList();
  }

  @Test
  void theDaemonChoosesAnIdWhenNoneIsGiven() {
    assertThat(create("").getName()).isNotEqualTo(create("").getName());
  }

  @Test
  void aSecondHostOfThatIdIsRefusedUnlessItIsTheSameRequest() {
    CreateHostRequest request =
        CreateHostRequest.newBuilder().setHostId("a").setRequestId("r1").build();
    Host made = daemon.hosts().createHost(request).getHost();
    assertThat(daemon.hosts().createHost(request).getHost()).isEqualTo(made);
    CreateHostRequest other = request.toBuilder().setRequestId("r2").build();
    assertThat(refused(() -> daemon.hosts().createHost(other)).getStatus().getCode())
        .isEqualTo(Status.Code.ALREADY_EXISTS);
    assertThat(refused(() -> create("a")).getStatus().getCode())
        .isEqualTo(Status.Code.ALREADY_EXISTS);
  }

  @Test
  void badIdsAndSpecificationsNameTheField() {
    for (String id : new String[] {"A", "1a", "a_b", "a".repeat(64), "hosts/a"}) {
      assertThat(refused(() -> create(id)).getStatus().getCode())
          .as(id)
          .isEqualTo(Status.Code.INVALID_ARGUMENT);
    }
    CreateHostRequest bad =
        CreateHostRequest.newBuilder()
            .setHostId("a")
            .setSpec(HostSpec.newBuilder().setArch("vax"))
            .build();
    StatusRuntimeException refusal = refused(() -> daemon.hosts().createHost(bad));
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refusal.getStatus().getDescription()).contains("spec.arch").contains("vax");
    assertThat(detail(refusal, Refusal.class).getField()).isEqualTo("spec.arch");
    assertThat(refused(() -> get("a")).getStatus().getCode())
        .as("nothing was made")
        .isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void listsArePagedById() {
    for (int i = 0; i < 25; i++) {
      create(String.format("h%02d", i));
    }
    List<String> names = new ArrayList<>();
    String token = "";
    do {
      ListHostsResponse page =
          daemon
              .hosts()
              .listHosts(ListHostsRequest.newBuilder().setPageSize(10).setPageToken(token).build());
      assertThat(page.getTotalSize()).isEqualTo(25);
      assertThat(page.getHostsCount()).isLessThanOrEqualTo(10);
      page.getHostsList().forEach(host -> names.add(host.getName()));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    assertThat(names).hasSize(25).isSorted().doesNotHaveDuplicates();
    ListHostsRequest negative = ListHostsRequest.newBuilder().setPageSize(-1).build();
    assertThat(refused(() -> daemon.hosts().listHosts(negative)).getStatus().getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    ListHostsRequest badToken = ListHostsRequest.newBuilder().setPageToken("§").build();
    assertThat(refused(() -> daemon.hosts().listHosts(badToken)).getStatus().getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void aTypedCallSaysTheErrnoAndTheCheckThatFailed() {
    create("a");
    StatusRuntimeException refusal =
        refused(
            () ->
                ProcessServiceGrpc.newBlockingStub(daemon.channel())
                    .open(OpenRequest.newBuilder().setHost("a").setPath("/dev/vfio/9").build()));
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
    ErrorInfo info = detail(refusal, ErrorInfo.class);
    assertThat(info.getReason()).isEqualTo("ENOENT");
    assertThat(info.getDomain()).isEqualTo("kernel.virtrig");
    Errno errno = detail(refusal, Errno.class);
    assertThat(errno.getNumber()).isEqualTo(2);
    assertThat(errno.getOperation()).isEqualTo("open");
    assertThat(errno.getCheck()).contains("group \"9\"");
  }

  @Test
  void theDaemonsOwnRefusalsHaveAnotherDomain() {
    StatusRuntimeException refusal =
        refused(
            () ->
                ProcessServiceGrpc.newBlockingStub(daemon.channel())
                    .open(OpenRequest.newBuilder().setHost("nowhere").setPath("/dev/kvm").build()));
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(detail(refusal, ErrorInfo.class).getDomain()).isEqualTo("virtrig");
    create("a");
    StatusRuntimeException noProcess =
        refused(
            () ->
                ProcessServiceGrpc.newBlockingStub(daemon.channel())
                    .exit(ExitRequest.newBuilder().setHost("a").setPid(9).build()));
    assertThat(noProcess.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(detail(noProcess, ErrorInfo.class).getDomain()).isEqualTo("virtrig");
    assertThat(detail(noProcess, Refusal.class).getField()).isEqualTo("pid");
  }

  @Test
  void aBatchGoesOnAfterARefusal() {
    create("a");
    List<Result> results =
        daemon
            .operations()
            .execute(
                ExecuteRequest.newBuilder()
                    .setHost("a")
                    .addOperations(open("/dev/vfio/vfio"))
                    .addOperations(open("/dev/nothing"))
                    .addOperations(Operation.getDefaultInstance())
                    .addOperations(open("/dev/vfio/vfio"))
                    .build())
            .getResultsList();
    assertThat(results.get(0).getOpen().getRet()).isEqualTo(3);
    assertThat(results.get(1).getErrno().getName()).isEqualTo("ENOENT");
    assertThat(results.get(2).getRefusal().getCode()).isEqualTo(Refusal.Code.CODE_INVALID_ARGUMENT);
    assertThat(results.get(3).getOpen().getRet()).isEqualTo(4);
    assertThat(get("a").getOperations()).isEqualTo(4);
  }

  @Test
  void aHostIsDescribedAndItsEventsAreListed() {
    create("a");
    daemon
        .operations()
        .execute(
            ExecuteRequest.newBuilder()
                .setHost("a")
                .addOperations(open("/dev/vfio/vfio"))
                .addOperations(Operation.newBuilder().setExit(ExitRequest.getDefaultInstance()))
                .build());
    assertThat(
            daemon
                .hosts()
                .describeHost(DescribeHostRequest.newBuilder().setName("a").build())
                .getStateHash())
        .matches("[0-9a-f]{32}");
    assertThat(
            daemon
                .hosts()
                .listEvents(ListEventsRequest.newBuilder().setName("a").build())
                .getEventsList())
        .singleElement()
        .satisfies(
            event -> {
              assertThat(event.getSequence()).isEqualTo(1);
              assertThat(event.getOperation()).isEqualTo(2);
              assertThat(event.getSubject()).isEqualTo("pid 1");
            });
  }

  private Host create(String id) {
    return daemon
        .hosts()
        .createHost(CreateHostRequest.newBuilder().setHostId(id).build())
        .getHost();
  }

  private Host get(String name) {
    return daemon.hosts().getHost(GetHostRequest.newBuilder().setName(name).build()).getHost();
  }

  private static Operation open(String path) {
    return Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath(path)).build();
  }

  private static StatusRuntimeException refused(Executable call) {
    StatusRuntimeException refusal =
        catchThrowableOfType(StatusRuntimeException.class, call::execute);
    assertThat(refusal).isNotNull();
    return refusal;
  }

  private static <T extends com.google.protobuf.Message> T detail(
      StatusRuntimeException refusal, Class<T> type) {
    for (Any detail : StatusProto.fromThrowable(refusal).getDetailsList()) {
      if (detail.is(type)) {
        try {
          return detail.unpack(type);
        } catch (InvalidProtocolBufferException e) {
          throw new AssertionError(e);
        }
      }
    }
    throw new AssertionError("no " + type.getSimpleName() + " in the details of " + refusal);
  }
}
