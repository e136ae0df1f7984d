package io.virtrig.daemon.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Duration;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtrig.v1.CloneHostRequest;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.GetHostRequest;
import io.virtrig.v1.Host;
import io.virtrig.v1.RenewLeaseRequest;
import io.virtrig.v1.WatchEventsRequest;
import io.virtrig.v1.WatchEventsResponse;
import io.virtrig.v1.WatchServiceGrpc;
import java.io.IOException;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LeaseTest {
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
  void theEndOfALeaseIsTheEndOfTheHostAndItsWatchersAreToldWhy() {
    var _ = create("a", seconds(1));
    Iterator<WatchEventsResponse> watch =
        WatchServiceGrpc.newBlockingStub(daemon.channel())
            .withDeadlineAfter(30, TimeUnit.SECONDS)
            .watchEvents(WatchEventsRequest.newBuilder().setName("a").setAfter(0).build());
    WatchEventsResponse last = watch.next();
    while (watch.hasNext()) {
      last = watch.next();
    }
    assertThat(last.getEnded()).isTrue();
    assertThat(last.getExpired()).isTrue();
    assertThat(refusal(() -> get("a"))).isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void aCloneHasItsOriginalsLeaseOrItsOwn() {
    var _ = create("a", seconds(1000));
    var _ = daemon.hosts().createHost(CreateHostRequest.newBuilder().setHostId("b").build());
    assertThat(cloned("a", "c", null).getLease()).isEqualTo(seconds(1000));
    assertThat(cloned("a", "d", seconds(7)).getLease()).isEqualTo(seconds(7));
    assertThat(cloned("b", "e", null).hasLease()).isFalse();
    assertThat(cloned("b", "f", seconds(9)).getLease()).isEqualTo(seconds(9));
    assertThat(get("a").getLeaseLeft().getSeconds()).isBetween(900L, 1000L);
  }

  @Test
  void renewingSaysWhatIsLeft() {
    var _ = create("a", seconds(100));
    Host renewed =
        daemon
            .hosts()
            .renewLease(RenewLeaseRequest.newBuilder().setName("a").setLease(seconds(500)).build())
            .getHost();
    assertThat(renewed.getLease()).isEqualTo(seconds(500));
    assertThat(renewed.getLeaseLeft().getSeconds()).isBetween(400L, 500L);
  }

  @Test
  void whatCannotBeRenewedIsSaid() {
    var _ = daemon.hosts().createHost(CreateHostRequest.newBuilder().setHostId("a").build());
    assertThat(refusal(() -> renew("a"))).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(refusal(() -> renew("b"))).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(refusal(() -> renew(""))).isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void aLeaseThatIsNoneMakesNoHost() {
    for (Duration lease :
        new Duration[] {
          seconds(0),
          seconds(-1),
          seconds(Long.MAX_VALUE),
          seconds(Long.MIN_VALUE),
          seconds(3651L * 24 * 3600),
          Duration.newBuilder().setNanos(999_999_999).build(),
          Duration.newBuilder().setSeconds(1).setNanos(-1).build()
        }) {
      assertThat(refusal(() -> create("a", lease)))
          .as("%s", lease)
          .isEqualTo(Status.Code.INVALID_ARGUMENT);
    }
    assertThat(refusal(() -> get("a"))).isEqualTo(Status.Code.NOT_FOUND);
  }

  private Host create(String id, Duration lease) {
    return daemon
        .hosts()
        .createHost(CreateHostRequest.newBuilder().setHostId(id).setLease(lease).build())
        .getHost();
  }

  private Host cloned(String original, String id, @Nullable Duration lease) {
    CloneHostRequest.Builder request =
        CloneHostRequest.newBuilder().setName(original).setHostId(id);
    if (lease != null) {
      request.setLease(lease);
    }
    return daemon.hosts().cloneHost(request.build()).getHost();
  }

  private Host get(String id) {
    return daemon.hosts().getHost(GetHostRequest.newBuilder().setName(id).build()).getHost();
  }

  private Host renew(String id) {
    return daemon.hosts().renewLease(RenewLeaseRequest.newBuilder().setName(id).build()).getHost();
  }

  private static Duration seconds(long seconds) {
    return Duration.newBuilder().setSeconds(seconds).build();
  }

  private static Status.Code refusal(Runnable call) {
    return catchThrowableOfType(StatusRuntimeException.class, call::run).getStatus().getCode();
  }
}
