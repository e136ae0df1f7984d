package io.virtrig.daemon.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.DeleteHostRequest;
import io.virtrig.v1.Event;
import io.virtrig.v1.EventKind;
import io.virtrig.v1.ExecuteRequest;
import io.virtrig.v1.ExitRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.ProcessRequest;
import io.virtrig.v1.WatchEventsRequest;
import io.virtrig.v1.WatchEventsResponse;
import io.virtrig.v1.WatchServiceGrpc;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WatchTest {
  private static final int LOG = 256;

  private ServedDaemon daemon;

  @BeforeEach
  void start() throws Exception {
    daemon = new ServedDaemon();
    var _ = daemon.hosts().createHost(CreateHostRequest.newBuilder().setHostId("a").build());
  }

  @AfterEach
  void stop() {
    daemon.close();
  }

  @Test
  void eventsComeAsTheyHappenAndTheEndIsSaid() {
    Iterator<WatchEventsResponse> watch = watch(request().setAfter(0));
    assertThat(watch.next()).isEqualTo(WatchEventsResponse.getDefaultInstance());
    exits(1);
    WatchEventsResponse first = watch.next();
    assertThat(first.getEventsList()).extracting(Event::getSequence).containsExactly(1L);
    assertThat(first.getEvents(0).getKind()).isEqualTo(EventKind.EVENT_KIND_PROCESS_EXIT);
    exits(1);
    assertThat(watch.next().getEventsList()).extracting(Event::getSequence).containsExactly(2L);
    var _ = daemon.hosts().deleteHost(DeleteHostRequest.newBuilder().setName("a").build());
    WatchEventsResponse last = watch.next();
    while (!last.getEnded()) {
      last = watch.next();
    }
    assertThat(watch.hasNext()).isFalse();
  }

  @Test
  void whoResumesMissesNothingAndGetsNothingTwice() {
    exits(5);
    Iterator<WatchEventsResponse> watch = watch(request().setAfter(3));
    assertThat(watch.next().getPosition()).isEqualTo(3);
    assertThat(watch.next().getEventsList()).extracting(Event::getSequence).containsExactly(4L, 5L);
  }

  @Test
  void withoutAPositionOnlyWhatIsToComeIsSent() {
    exits(5);
    Iterator<WatchEventsResponse> watch = watch(request());
    assertThat(watch.next().getPosition()).isEqualTo(5);
    exits(1);
    assertThat(watch.next().getEventsList()).extracting(Event::getSequence).containsExactly(6L);
  }

  @Test
  void whatIsForgottenIsAGap() {
    exits(LOG + 40);
    Iterator<WatchEventsResponse> watch = watch(request().setAfter(10));
    assertThat(watch.next().getPosition()).isEqualTo(10);
    WatchEventsResponse response = watch.next();
    assertThat(response.getGap().getFirst()).isEqualTo(11);
    assertThat(response.getGap().getLast()).isEqualTo(40);
    assertThat(response.getEvents(0).getSequence()).isEqualTo(41);
  }

  @Test
  void onlyTheKindsAskedForAreSentButThePositionCountsAll() {
    Iterator<WatchEventsResponse> watch =
        watch(request().setAfter(0).addKinds(EventKind.EVENT_KIND_DMA_FAULT));
    assertThat(watch.next().getPosition()).isZero();
    exits(LOG + 1);
    var _ = daemon.hosts().deleteHost(DeleteHostRequest.newBuilder().setName("a").build());
    long events = 0;
    WatchEventsResponse last = WatchEventsResponse.getDefaultInstance();
    while (watch.hasNext()) {
      last = watch.next();
      events += last.getEventsCount();
    }
    assertThat(events).isZero();
    // Two processes were left, and exit with the host.
    assertThat(last.getPosition()).isEqualTo(LOG + 3);
  }

  /**
   * The watcher takes one message, then sleeps: what it may send is used up, and the host goes on.
   */
  @Test
  void aWatcherWhoDoesNotReadIsToldWhatItMissedAndSlowsNobody() throws Exception {
    SlowReader reader = new SlowReader();
    reader.call.start(reader, new Metadata());
    reader.call.sendMessage(request().setAfter(0).build());
    reader.call.halfClose();
    reader.call.request(1);
    assertThat(reader.next().getPosition()).isZero();
    long operations = 0;
    long started = System.nanoTime();
    // Enough to fill what the transport takes before it says stop, and the log after that.
    for (int round = 0; round < 60; round++) {
      exits(LOG);
      operations += LOG;
    }
    long took = System.nanoTime() - started;
    reader.call.request(Integer.MAX_VALUE);
    long seen = 0;
    long missed = 0;
    long position = 0;
    while (position < operations) {
      WatchEventsResponse response = reader.next();
      if (response.hasGap()) {
        assertThat(response.getGap().getFirst()).isEqualTo(position + 1);
        missed += response.getGap().getLast() - response.getGap().getFirst() + 1;
        position = response.getGap().getLast();
      }
      for (Event event : response.getEventsList()) {
        assertThat(event.getSequence()).isEqualTo(++position);
        seen++;
      }
    }
    assertThat(missed).as("missed, of %s", operations).isPositive();
    assertThat(seen + missed).isEqualTo(operations);
    assertThat(TimeUnit.NANOSECONDS.toSeconds(took)).isLessThan(20);
    reader.channel.shutdownNow();
  }

  @Test
  void whoseHostIsNotThereIsToldSo() {
    assertThat(refusal(request().setName("b")).getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(refusal(request().setName("")).getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refusal(request().setAfter(1)).getDescription()).contains("above the last event");
  }

  @Test
  void theDaemonDoesNotWaitForWatchersWhenItStops() {
    Iterator<WatchEventsResponse> watch = watch(request());
    watch.next();
    Thread stopping = Thread.ofVirtual().start(daemon.daemon()::close);
    StatusRuntimeException end = catchThrowableOfType(StatusRuntimeException.class, watch::hasNext);
    assertThat(end.getStatus().getDescription()).isEqualTo("the daemon stops");
    assertThat(stopping).isNotNull();
  }

  private Status refusal(WatchEventsRequest.Builder request) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> watch(request).next())
        .getStatus();
  }

  private static WatchEventsRequest.Builder request() {
    return WatchEventsRequest.newBuilder().setName("hosts/a");
  }

  private Iterator<WatchEventsResponse> watch(WatchEventsRequest.Builder request) {
    return WatchServiceGrpc.newBlockingStub(daemon.channel())
        .withDeadlineAfter(30, TimeUnit.SECONDS)
        .watchEvents(request.build());
  }

  /** So many processes begin and end, an event each. */
  private void exits(int count) {
    long last =
        daemon
            .operations()
            .execute(
                ExecuteRequest.newBuilder()
                    .setHost("a")
                    .addOperations(
                        Operation.newBuilder().setProcess(ProcessRequest.getDefaultInstance()))
                    .build())
            .getResults(0)
            .getProcess()
            .getPid();
    List<Operation> operations = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      operations.add(
          Operation.newBuilder().setExit(ExitRequest.newBuilder().setPid((int) last + i)).build());
      operations.add(
          Operation.newBuilder().setProcess(ProcessRequest.getDefaultInstance()).build());
    }
    var _ =
        daemon
            .operations()
            .execute(ExecuteRequest.newBuilder().setHost("a").addAllOperations(operations).build());
  }

  /** Takes messages when it wants to. */
  private final class SlowReader extends ClientCall.Listener<WatchEventsResponse> {
    /** With a window so small that a few hundred events fill it. */
    final ManagedChannel channel =
        NettyChannelBuilder.forAddress(daemon.daemon().grpcAddress())
            .usePlaintext()
            .flowControlWindow(64 << 10)
            .build();

    final ClientCall<WatchEventsRequest, WatchEventsResponse> call =
        channel.newCall(
            WatchServiceGrpc.getWatchEventsMethod(),
            io.grpc.CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS));
    private final BlockingQueue<WatchEventsResponse> received = new LinkedBlockingQueue<>();

    WatchEventsResponse next() throws InterruptedException {
      @Nullable WatchEventsResponse response = received.poll(30, TimeUnit.SECONDS);
      if (response == null) {
        throw new AssertionError("nothing came");
      }
      return response;
    }

    @Override
    public void onMessage(WatchEventsResponse message) {
      received.add(message);
    }
  }
}
