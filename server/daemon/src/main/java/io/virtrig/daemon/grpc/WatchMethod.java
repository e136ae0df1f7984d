package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtrig.daemon.hosts.HostRegistry;
import io.virtrig.daemon.hosts.HostedHost;
import io.virtrig.daemon.hosts.NoSuchHost;
import io.virtrig.daemon.metrics.WatchMetrics;
import io.virtrig.emulator.event.LoggedEvent;
import io.virtrig.v1.EventGap;
import io.virtrig.v1.EventKind;
import io.virtrig.v1.WatchEventsRequest;
import io.virtrig.v1.WatchEventsResponse;
import io.virtrig.v1.WatchServiceGrpc;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Streams the events of hosts. A watch keeps nothing but its position: events wait in the host's
 * own log, which forgets the oldest, so that a watcher who is slow misses some, is told so, and
 * costs neither the host nor the daemon anything.
 */
final class WatchMethod
    implements ServerCallHandler<ParsedRequest<WatchEventsRequest>, WatchEventsResponse> {
  private static final Logger LOG = LoggerFactory.getLogger(WatchMethod.class);
  private static final int EVENTS_A_MESSAGE = 100;

  private final Callers callers;
  private final WatchMetrics metrics;
  private final Executor threads = task -> Thread.ofVirtual().name("watch").start(task);
  private final Set<Watch> open = ConcurrentHashMap.newKeySet();
  private volatile boolean stopping;

  WatchMethod(Callers callers, WatchMetrics metrics) {
    this.callers = callers;
    this.metrics = metrics;
  }

  ServerServiceDefinition service() {
    return new ServiceBinding(WatchServiceGrpc.getServiceDescriptor(), callers)
        .stream(WatchServiceGrpc.getWatchEventsMethod(), this).build();
  }

  /** Ends all watches: they would go on for ever. */
  void stop() {
    stopping = true;
    open.forEach(Watch::wake);
  }

  @Override
  public ServerCall.Listener<ParsedRequest<WatchEventsRequest>> startCall(
      ServerCall<ParsedRequest<WatchEventsRequest>, WatchEventsResponse> call, Metadata headers) {
    call.request(2);
    return new Watch(call, callers.current().tenant().hosts());
  }

  /** One stream. */
  private final class Watch extends ServerCall.Listener<ParsedRequest<WatchEventsRequest>> {
    private final ServerCall<ParsedRequest<WatchEventsRequest>, WatchEventsResponse> call;
    private final HostRegistry hosts;
    private final Runnable waker = this::wake;

    /** How often {@link #wake} was called since the thread that sends began its round. */
    private final AtomicInteger wakes = new AtomicInteger();

    private @Nullable ParsedRequest<WatchEventsRequest> request;
    private boolean refused;
    private volatile boolean over;

    /** Null until the request has been read. */
    private volatile @Nullable HostedHost host;

    /** From here on: written before the first wake, then by the thread that sends. */
    private Set<EventKind> kinds = Set.of();

    private long position;
    private boolean begun;

    Watch(
        ServerCall<ParsedRequest<WatchEventsRequest>, WatchEventsResponse> call,
        HostRegistry hosts) {
      this.call = call;
      this.hosts = hosts;
    }

    @Override
    public void onMessage(ParsedRequest<WatchEventsRequest> message) {
      if (request != null) {
        refuse(Code.INVALID_ARGUMENT, "a watch has one request message, not two");
      }
      request = message;
    }

    @Override
    public void onHalfClose() {
      if (refused) {
        return;
      }
      if (request == null) {
        refuse(Code.INVALID_ARGUMENT, "the call has no request message");
        return;
      }
      WatchEventsRequest message = request.message();
      if (message == null) {
        refuse(request.refusal());
        return;
      }
      if (message.getName().isEmpty()) {
        refuse(Code.INVALID_ARGUMENT, "name: names no host");
        return;
      }
      try {
        begin(hosts.get(message.getName()), message);
      } catch (NoSuchHost e) {
        refuse(Code.NOT_FOUND, e.getMessage());
      }
    }

    private void begin(HostedHost watched, WatchEventsRequest message) {
      long last = watched.news(0, 0).last();
      if (Long.compareUnsigned(message.getAfter(), last) > 0) {
        refuse(
            Code.INVALID_ARGUMENT,
            "after: "
                + Long.toUnsignedString(message.getAfter())
                + " is above the last event, "
                + last
                + ": was it another host's?");
        return;
      }
      position = message.hasAfter() ? message.getAfter() : last;
      kinds = Set.copyOf(message.getKindsList());
      host = watched;
      open.add(this);
      metrics.opened();
      watched.watch(waker);
      call.sendHeaders(new Metadata());
      wake();
    }

    @Override
    public void onReady() {
      wake();
    }

    /** Has the events sent that there are, on a thread of their own; one at a time. */
    private void wake() {
      if (host != null && wakes.getAndIncrement() == 0) {
        threads.execute(this::rounds);
      }
    }

    private void rounds() {
      int seen = wakes.get();
      do {
        try {
          round();
        } catch (RuntimeException e) {
          LOG.error("a watch failed", e);
          close(Status.INTERNAL.withDescription("a defect of the daemon; its log says more"));
        }
        seen = wakes.addAndGet(-seen);
      } while (seen != 0);
    }

    private void round() {
      HostedHost watched = host;
      while (!over && watched != null) {
        if (stopping) {
          close(Status.UNAVAILABLE.withDescription("the daemon stops"));
          return;
        }
        if (!call.isReady()) {
          return;
        }
        if (!begun) {
          begun = true;
          call.sendMessage(WatchEventsResponse.newBuilder().setPosition(position).build());
          continue;
        }
        HostedHost.News news = watched.news(position, EVENTS_A_MESSAGE);
        long missed = Math.max(0, news.oldest() - position - 1);
        if (missed == 0 && news.events().isEmpty()) {
          if (news.ended()) {
            call.sendMessage(
                WatchEventsResponse.newBuilder()
                    .setPosition(position)
                    .setEnded(true)
                    .setExpired(news.expired())
                    .build());
            close(Status.OK);
          }
          return;
        }
        send(news.events(), missed);
      }
    }

    private void send(List<LoggedEvent> events, long missed) {
      WatchEventsResponse.Builder response = WatchEventsResponse.newBuilder();
      if (missed > 0) {
        response.setGap(EventGap.newBuilder().setFirst(position + 1).setLast(position + missed));
        metrics.missed(missed);
        position += missed;
      }
      for (LoggedEvent event : events) {
        if (kinds.isEmpty() || kinds.contains(event.kind())) {
          response.addEvents(event.event());
        }
        position = event.sequence();
      }
      if (response.hasGap() || response.getEventsCount() > 0) {
        metrics.sent(response.getEventsCount());
        call.sendMessage(response.setPosition(position).build());
      }
    }

    @Override
    public void onCancel() {
      end();
    }

    @Override
    public void onComplete() {
      end();
    }

    private void end() {
      over = true;
      HostedHost watched = host;
      if (watched != null && open.remove(this)) {
        watched.unwatch(waker);
        metrics.closed();
      }
    }

    private void refuse(Code code, String reason) {
      refuse(Statuses.daemon(code, reason));
    }

    private void refuse(StatusRuntimeException refusal) {
      if (!refused) {
        refused = true;
        Statuses.close(call, refusal);
      }
    }

    private void close(Status status) {
      if (!over) {
        over = true;
        call.close(status, new Metadata());
      }
    }
  }
}
