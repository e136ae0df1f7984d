package io.virtrig.daemon.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RetryInfo;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.virtrig.v1.BatchCreateHostsRequest;
import io.virtrig.v1.CloneHostRequest;
import io.virtrig.v1.Completion;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.DeleteHostRequest;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.ExecuteRequest;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.HostServiceGrpc.HostServiceBlockingStub;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.ListHostsRequest;
import io.virtrig.v1.ListHostsResponse;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.MunmapRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.OperationServiceGrpc;
import io.virtrig.v1.ProcessServiceGrpc;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;
import io.virtrig.v1.StoreRequest;
import io.virtrig.v1.SubmissionEntry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a tenant may not have more of, asked for as its clients do. */
class QuotaTest {
  @TempDir private Path folder;

  private ServedDaemon daemon(String... quotas) throws Exception {
    return new ServedDaemon(
        new TenantsOnDisk(folder).tenant("a", quotas).tenant("b").write().access());
  }

  private static Channel a(ServedDaemon daemon) {
    return daemon.channel(TenantsOnDisk.token("a"));
  }

  private static HostServiceBlockingStub hosts(Channel channel) {
    return HostServiceGrpc.newBlockingStub(channel);
  }

  private static CreateHostRequest host(String id) {
    return CreateHostRequest.newBuilder()
        .setHostId(id)
        .setSpec(
            HostSpec.newBuilder()
                .addDevices(DeviceSpec.newBuilder().setBdf("0000:00:02.0").setGroup(7)))
        .build();
  }

  /** Refused for a quota, with everything said about it. */
  private static ErrorInfo refused(String quota, Runnable call) throws Exception {
    StatusRuntimeException refusal = catchThrowableOfType(StatusRuntimeException.class, call::run);
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    QuotaFailure failure = detail(refusal, QuotaFailure.class);
    assertThat(failure.getViolations(0).getSubject()).isEqualTo(quota);
    ErrorInfo info = detail(refusal, ErrorInfo.class);
    assertThat(info.getDomain()).isEqualTo("virtrig");
    assertThat(info.getMetadataMap()).containsEntry("quota", quota);
    assertThat(delay(refusal)).isEqualTo(Duration.ofSeconds(1));
    return info;
  }

  private static Duration delay(StatusRuntimeException refusal) throws Exception {
    com.google.protobuf.Duration delay = detail(refusal, RetryInfo.class).getRetryDelay();
    return Duration.ofSeconds(delay.getSeconds(), delay.getNanos());
  }

  private static <T extends Message> T detail(StatusRuntimeException refusal, Class<T> type)
      throws Exception {
    com.google.rpc.Status status = StatusProto.fromThrowable(refusal);
    assertThat(status).isNotNull();
    for (Any detail : status.getDetailsList()) {
      if (detail.is(type)) {
        return detail.unpack(type);
      }
    }
    throw new AssertionError("no " + type + " in " + status);
  }

  @Test
  void hostsAndTheirDevicesAreLimitedAndComeBack() throws Exception {
    try (ServedDaemon daemon = daemon("hosts: 2", "devices: 1")) {
      HostServiceBlockingStub hosts = hosts(a(daemon));
      var _ = hosts.createHost(host("one"));
      ErrorInfo info = refused("devices", () -> hosts.createHost(host("two")));
      assertThat(info.getMetadataMap()).containsEntry("limit", "1").containsEntry("usage", "1");
      var _ = hosts.createHost(CreateHostRequest.newBuilder().setHostId("bare").build());
      refused("hosts", () -> hosts.createHost(CreateHostRequest.getDefaultInstance()));
      refused(
          "hosts", () -> hosts.cloneHost(CloneHostRequest.newBuilder().setName("bare").build()));
      // Nothing was changed, and nobody else is concerned.
      assertThat(hosts.listHosts(ListHostsRequest.getDefaultInstance()).getTotalSize())
          .isEqualTo(2);
      var _ =
          hosts(daemon.channel(TenantsOnDisk.token("b")))
              .createHost(CreateHostRequest.getDefaultInstance());
      var _ = hosts.deleteHost(DeleteHostRequest.newBuilder().setName("one").build());
      var _ = hosts.createHost(host("two"));
    }
  }

  @Test
  void ofHostsThatAreMadeTogetherNoneIsMadeWhenThereIsNoRoomForAll() throws Exception {
    try (ServedDaemon daemon = daemon("hosts: 3", "devices: 2")) {
      HostServiceBlockingStub hosts = hosts(a(daemon));
      refused("devices", () -> hosts.batchCreateHosts(batch(host("a"), host("b"), host("c"))));
      CreateHostRequest bare = CreateHostRequest.getDefaultInstance();
      refused("hosts", () -> hosts.batchCreateHosts(batch(bare, bare, bare, bare)));
      // All that those before had taken has come back.
      assertThat(hosts.batchCreateHosts(batch(host("a"), host("b"), bare)).getNamesCount())
          .isEqualTo(3);
    }
  }

  private static BatchCreateHostsRequest batch(CreateHostRequest... requests) {
    return BatchCreateHostsRequest.newBuilder().addAllRequests(List.of(requests)).build();
  }

  @Test
  void whoIsAtALimitMayStillGiveBack() throws Exception {
    try (ServedDaemon daemon = daemon("guest-bytes: 8192", "mappings: 2", "eventfds: 1")) {
      Channel a = a(daemon);
      var _ = hosts(a).createHost(host("h"));
      List<Result> results =
          execute(
              a,
              mmap(0x10000),
              store(0x10000),
              store(0x11000),
              store(0x10000),
              eventfd(),
              Operation.newBuilder()
                  .setMunmap(MunmapRequest.newBuilder().setAddr(0x10000).setLength(0x1000))
                  .build(),
              eventfd(),
              eventfd(),
              mmap(0x40000),
              mmap(0x50000));
      assertThat(results.stream().map(QuotaTest::outcome))
          .containsExactly(
              "OK",
              "OK",
              "OK",
              "quota guest-bytes: 8192 of 8192 are in use",
              "quota guest-bytes: 8192 of 8192 are in use",
              "OK",
              "OK",
              "quota eventfds: 1 of 1 are in use",
              "OK",
              "quota mappings: 2 of 2 are in use");
      // Alone in a call, it is refused as a call is.
      ErrorInfo info =
          refused(
              "eventfds",
              () ->
                  ProcessServiceGrpc.newBlockingStub(a)
                      .eventfd(EventfdRequest.newBuilder().setHost("h").build()));
      assertThat(info.getMetadataMap()).containsEntry("limit", "1").containsEntry("usage", "1");
      try (OpenRing ring = new OpenRing(a)) {
        List<Completion> completions =
            ring.run("h", SubmissionEntry.newBuilder().setOperation(eventfd()).build());
        assertThat(outcome(completions.getFirst().getResult()))
            .isEqualTo("quota eventfds: 1 of 1 are in use");
      }
      // A copy would take as much again.
      refused(
          "mappings", () -> hosts(a).cloneHost(CloneHostRequest.newBuilder().setName("h").build()));
      var _ = hosts(a).deleteHost(DeleteHostRequest.newBuilder().setName("h").build());
      var _ = hosts(a).createHost(host("h"));
      assertThat(execute(a, eventfd()).stream().map(QuotaTest::outcome)).containsExactly("OK");
    }
  }

  private static Operation eventfd() {
    return Operation.newBuilder().setEventfd(EventfdRequest.getDefaultInstance()).build();
  }

  private static Operation mmap(long addr) {
    return Operation.newBuilder()
        .setMmap(MmapRequest.newBuilder().setAddr(addr).setLength(0x3000))
        .build();
  }

  private static Operation store(long addr) {
    return Operation.newBuilder()
        .setStore(StoreRequest.newBuilder().setAddr(addr).setBytes(ByteString.copyFromUtf8("x")))
        .build();
  }

  private static String outcome(Result result) {
    if (result.hasErrno()) {
      return result.getErrno().getName();
    }
    if (result.hasRefusal()) {
      assertThat(result.getRefusal().getCode()).isEqualTo(Refusal.Code.CODE_RESOURCE_EXHAUSTED);
      return result.getRefusal().getReason();
    }
    return "OK";
  }

  private static List<Result> execute(Channel channel, Operation... operations) {
    return OperationServiceGrpc.newBlockingStub(channel)
        .execute(
            ExecuteRequest.newBuilder().setHost("h").addAllOperations(List.of(operations)).build())
        .getResultsList();
  }

  @Test
  void whoCallsTooOftenIsToldHowLongToWait() throws Exception {
    try (ServedDaemon daemon = daemon("operations-per-second: 10")) {
      Channel a = a(daemon);
      var _ = hosts(a).createHost(host("h"));
      // As many as are left, and many more: all are executed, and what comes after waits.
      Operation[] many = new Operation[30];
      Arrays.fill(many, eventfd());
      assertThat(execute(a, many)).hasSize(30);
      StatusRuntimeException refusal =
          catchThrowableOfType(StatusRuntimeException.class, () -> execute(a, eventfd()));
      assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(delay(refusal)).isBetween(Duration.ofMillis(1), Duration.ofSeconds(3));
      var _ =
          hosts(daemon.channel(TenantsOnDisk.token("b")))
              .createHost(CreateHostRequest.getDefaultInstance());
    }
  }

  @Test
  void aRingIsHeldBackAndNothingOfItIsRefused() throws Exception {
    try (ServedDaemon daemon = daemon("operations-per-second: 100")) {
      Channel a = a(daemon);
      var _ = hosts(a).createHost(host("h"));
      SubmissionEntry entry =
          SubmissionEntry.newBuilder()
              .setOperation(
                  Operation.newBuilder()
                      .setMunmap(MunmapRequest.newBuilder().setAddr(0x10000).setLength(0x1000)))
              .build();
      SubmissionEntry[] batch = new SubmissionEntry[60];
      Arrays.fill(batch, entry);
      try (OpenRing ring = new OpenRing(a)) {
        long begin = System.nanoTime();
        for (int i = 0; i < 4; i++) {
          assertThat(
                  ring.run("h", batch).stream().map(Completion::getResult).map(QuotaTest::outcome))
              .containsOnly("OK");
        }
        // Of 240, 99 were there at the beginning; what the last batch owes is not waited for.
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
            .isGreaterThan(Duration.ofMillis(500));
      }
    }
  }

  @Test
  void callsOnTheirWayAreLimitedAndTheirEndMakesRoom() throws Exception {
    try (ServedDaemon daemon = daemon("calls-in-flight: 1")) {
      Channel a = a(daemon);
      ClientCall<ListHostsRequest, ListHostsResponse> begun =
          a.newCall(HostServiceGrpc.getListHostsMethod(), CallOptions.DEFAULT);
      begun.start(new ClientCall.Listener<>() {}, new Metadata());
      // Its request has not come, nor will it: it is on its way for as long as it likes.
      await()
          .untilAsserted(
              () -> {
                StatusRuntimeException refusal =
                    catchThrowableOfType(StatusRuntimeException.class, () -> list(a));
                assertThat(refusal).hasMessageContaining("calls-in-flight: 1 of 1");
                assertThat(delay(refusal)).isEqualTo(Duration.ofMillis(100));
              });
      list(daemon.channel(TenantsOnDisk.token("b")));
      begun.cancel("enough", null);
      await()
          .untilAsserted(
              () ->
                  assertThat(catchThrowableOfType(StatusRuntimeException.class, () -> list(a)))
                      .isNull());
    }
  }

  private static void list(Channel channel) {
    var _ = hosts(channel).listHosts(ListHostsRequest.getDefaultInstance());
  }

  @Test
  void whatATenantMayNeverHaveIsNotWorthWaitingFor() throws Exception {
    try (ServedDaemon daemon = daemon("hosts: 0")) {
      StatusRuntimeException refusal =
          catchThrowableOfType(
              StatusRuntimeException.class, () -> hosts(a(daemon)).createHost(host("one")));
      assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(StatusProto.fromThrowable(refusal).getDetailsList())
          .noneMatch(detail -> detail.is(RetryInfo.class));
    }
  }

  @Test
  void streamsAreLimitedAndComeBack() throws Exception {
    try (ServedDaemon daemon = daemon("streams: 1")) {
      Channel a = a(daemon);
      var _ = hosts(a).createHost(host("h"));
      SubmissionEntry entry = SubmissionEntry.newBuilder().setOperation(eventfd()).build();
      try (OpenRing first = new OpenRing(a)) {
        assertThat(first.run("h", entry)).hasSize(1);
        try (OpenRing second = new OpenRing(a)) {
          assertThat(second.closed().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        }
        first.halfClose();
        assertThat(first.closed().getCode()).isEqualTo(Status.Code.OK);
      }
      await()
          .until(
              () -> {
                try (OpenRing again = new OpenRing(a)) {
                  again.halfClose();
                  return again.closed().isOk();
                }
              });
    }
  }
}
