package io.virtrig.daemon.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.DeleteHostRequest;
import io.virtrig.v1.ExecuteRequest;
import io.virtrig.v1.GetHostRequest;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.ListHostsRequest;
import io.virtrig.v1.LoadRequest;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.OperationServiceGrpc;
import io.virtrig.v1.ProcessServiceGrpc;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;
import io.virtrig.v1.StoreRequest;
import io.virtrig.v1.WatchEventsRequest;
import io.virtrig.v1.WatchServiceGrpc;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A daemon whose heap is small, and clients who write more than it holds. */
class MemoryPressureTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int WRITERS = 4;
  private static final int HEAP_MIB = 128;
  private static final int CHUNK = 1 << 20;
  private static final int CHUNKS_A_HOST = 8;

  private ForkedDaemon daemon;

  @BeforeEach
  void start() throws IOException {
    daemon = new ForkedDaemon(HEAP_MIB);
  }

  @AfterEach
  void stop() throws IOException {
    daemon.close();
  }

  @Test
  void itRefusesToGrowAnswersWhatReadsAndRecovers() throws Exception {
    AtomicBoolean enough = new AtomicBoolean();
    AtomicInteger hosts = new AtomicInteger();
    AtomicLong addresses = new AtomicLong();
    List<Thread> writers = new ArrayList<>();
    List<StatusRuntimeException> refusals = Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < WRITERS; i++) {
      writers.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    while (!enough.get()) {
                      @Nullable StatusRuntimeException refusal =
                          fill("h-" + hosts.incrementAndGet(), addresses);
                      if (refusal != null) {
                        refusals.add(refusal);
                      }
                    }
                  }));
    }
    // They are refused hundreds of times, and do not stop.
    await().atMost(PATIENCE).until(() -> refusals.size() > 400);
    await().atMost(PATIENCE).until(() -> daemon.metric("virtrig_memory_shedding") == 1);
    await().atMost(PATIENCE).until(this::streamsAreRefused);
    await().atMost(PATIENCE).until(this::inABatchTheResultSaysIt);
    reads(addresses.get());
    enough.set(true);
    for (Thread writer : writers) {
      writer.join();
    }
    assertThat(daemon.alive()).as(daemon.log()).isTrue();
    assertThat(refusals)
        .allSatisfy(
            refusal -> {
              assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
              assertThat(refusal.getStatus().getDescription()).contains("short of memory");
              assertThat(details(refusal)).anyMatch(detail -> detail.is(RetryInfo.class));
            });
    assertThat(daemon.metric("virtrig_limit_refusals_total{limit=\"memory\"}")).isPositive();
    recovers();
  }

  private static List<Any> details(StatusRuntimeException refusal) {
    com.google.rpc.Status status = StatusProto.fromThrowable(refusal);
    return status == null ? List.of() : status.getDetailsList();
  }

  /** Makes a host and writes into its memory: the refusal that it met, or null. */
  private @Nullable StatusRuntimeException fill(String host, AtomicLong addresses) {
    try {
      var _ = hosts().createHost(CreateHostRequest.newBuilder().setHostId(host).build());
      long address =
          ProcessServiceGrpc.newBlockingStub(daemon.channel())
              .withDeadlineAfter(60, TimeUnit.SECONDS)
              .mmap(
                  MmapRequest.newBuilder()
                      .setHost(host)
                      .setLength((long) CHUNKS_A_HOST * CHUNK)
                      .build())
              .getRet();
      addresses.set(address);
      for (int i = 0; i < CHUNKS_A_HOST; i++) {
        var _ =
            ProcessServiceGrpc.newBlockingStub(daemon.channel())
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .store(
                    StoreRequest.newBuilder()
                        .setHost(host)
                        .setAddr(address + (long) i * CHUNK)
                        .setBytes(ones())
                        .build());
      }
      return null;
    } catch (StatusRuntimeException e) {
      return e;
    }
  }

  private static ByteString ones() {
    byte[] bytes = new byte[CHUNK];
    Arrays.fill(bytes, (byte) 1);
    return ByteString.copyFrom(bytes);
  }

  private void reads(long address) throws IOException {
    assertThat(hosts().listHosts(ListHostsRequest.getDefaultInstance()).getHostsCount())
        .isPositive();
    assertThat(
            ProcessServiceGrpc.newBlockingStub(daemon.channel())
                .load(
                    LoadRequest.newBuilder()
                        .setHost("h-1")
                        .setAddr(address)
                        .setLength(CHUNK)
                        .build())
                .getBytes())
        .isEqualTo(ones());
    assertThat(daemon.ready()).isTrue();
  }

  private boolean streamsAreRefused() {
    try {
      var _ =
          WatchServiceGrpc.newBlockingStub(daemon.channel())
              .withDeadlineAfter(60, TimeUnit.SECONDS)
              .watchEvents(WatchEventsRequest.newBuilder().setName("h-1").build())
              .next();
      return false;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode() == Status.Code.RESOURCE_EXHAUSTED;
    }
  }

  private boolean inABatchTheResultSaysIt() {
    Result result =
        OperationServiceGrpc.newBlockingStub(daemon.channel())
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .execute(
                ExecuteRequest.newBuilder()
                    .setHost("h-1")
                    .addOperations(
                        Operation.newBuilder().setMmap(MmapRequest.newBuilder().setLength(4096)))
                    .build())
            .getResults(0);
    return result.getRefusal().getCode() == Refusal.Code.CODE_RESOURCE_EXHAUSTED
        && result.getRefusal().getField().equals("memory");
  }

  private void recovers() {
    hosts()
        .listHosts(ListHostsRequest.newBuilder().setPageSize(1000).build())
        .getHostsList()
        .forEach(
            host -> {
              var _ =
                  hosts()
                      .deleteHost(DeleteHostRequest.newBuilder().setName(host.getName()).build());
            });
    await().atMost(Duration.ofSeconds(30)).until(() -> fill("after", new AtomicLong()) == null);
    assertThat(hosts().getHost(GetHostRequest.newBuilder().setName("after").build()).hasHost())
        .isTrue();
  }

  private HostServiceGrpc.HostServiceBlockingStub hosts() {
    return HostServiceGrpc.newBlockingStub(daemon.channel())
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }
}
