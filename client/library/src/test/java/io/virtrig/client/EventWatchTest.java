package io.virtrig.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import io.virtrig.v1.Event;
import io.virtrig.v1.WatchEventsRequest;
import io.virtrig.v1.WatchEventsResponse;
import io.virtrig.v1.WatchServiceGrpc;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

class EventWatchTest {
  private final List<WatchEventsRequest> asked = new ArrayList<>();
  private Status end = Status.UNAVAILABLE;
  private Server server;
  private VirtrigClient client;

  @BeforeEach
  void start(TestInfo test) throws IOException {
    server =
        InProcessServerBuilder.forName(test.getDisplayName())
            .directExecutor()
            .addService(new Watches())
            .build()
            .start();
    client =
        VirtrigClient.over(
            InProcessChannelBuilder.forName(test.getDisplayName()).directExecutor().build(),
            Duration.ofSeconds(5));
  }

  @AfterEach
  void stop() {
    client.close();
    server.shutdownNow();
  }

  /** Two events, then the connection breaks; asked again, a third and the end. */
  private final class Watches extends WatchServiceGrpc.WatchServiceImplBase {
    @Override
    public void watchEvents(
        WatchEventsRequest request, StreamObserver<WatchEventsResponse> answers) {
      asked.add(request);
      if (asked.size() == 1) {
        answers.onNext(WatchEventsResponse.newBuilder().setPosition(7).build());
        answers.onNext(events(8, 9));
        answers.onError(end.asRuntimeException());
        return;
      }
      answers.onNext(WatchEventsResponse.newBuilder().setPosition(request.getAfter()).build());
      answers.onNext(events(10));
      answers.onNext(WatchEventsResponse.newBuilder().setPosition(10).setEnded(true).build());
      answers.onCompleted();
    }

    private WatchEventsResponse events(long... numbers) {
      WatchEventsResponse.Builder response = WatchEventsResponse.newBuilder();
      for (long number : numbers) {
        response.addEvents(Event.newBuilder().setSequence(number)).setPosition(number);
      }
      return response.build();
    }
  }

  @Test
  void afterABreakItGoesOnWhereItWas() {
    List<Long> seen = new ArrayList<>();
    try (EventWatch watch = client.host("a").watchEvents()) {
      assertThat(watch.position()).isEqualTo(7);
      while (watch.hasNext()) {
        watch.next().getEventsList().forEach(event -> seen.add(event.getSequence()));
      }
    }
    assertThat(seen).containsExactly(8L, 9L, 10L);
    assertThat(asked).hasSize(2);
    assertThat(asked.get(0).hasAfter()).isFalse();
    assertThat(asked.get(1).getAfter()).isEqualTo(9);
  }

  @Test
  void anyOtherEndIsToldToTheCaller() {
    end = Status.PERMISSION_DENIED;
    try (EventWatch watch = client.host("a").watchEvents(3)) {
      assertThat(watch.next().getEventsCount()).isEqualTo(2);
      assertThatThrownBy(watch::hasNext).isInstanceOf(StatusRuntimeException.class);
    }
    assertThat(asked).hasSize(1);
    assertThat(asked.get(0).getAfter()).isEqualTo(3);
  }
}
