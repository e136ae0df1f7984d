package io.virtrig.client;

import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtrig.v1.WatchEventsRequest;
import io.virtrig.v1.WatchEventsResponse;
import io.virtrig.v1.WatchServiceGrpc;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The events of a host, as they happen. When the connection breaks, it connects again and goes on
 * where it was. Who takes them slowly misses some: the message that follows says which, in its gap.
 *
 * <pre>{@code
 * try (EventWatch watch = host.watchEvents()) {
 *   while (watch.hasNext()) {
 *     watch.next().getEventsList().forEach(...);
 *   }
 * }
 * }</pre>
 *
 * <p>It is for one thread; {@link #close} may come from any.
 */
public final class EventWatch implements Iterator<WatchEventsResponse>, AutoCloseable {
  private static final int MOST_ATTEMPTS = 8;
  private static final long FIRST_PAUSE_MILLIS = 50;

  private final Channel channel;
  private final Context.CancellableContext context = Context.current().withCancellation();

  /** What to ask for when the connection breaks. */
  private WatchEventsRequest request;

  private Iterator<WatchEventsResponse> stream;
  private @Nullable WatchEventsResponse next;
  private boolean ended;

  EventWatch(Channel channel, WatchEventsRequest request) {
    this.channel = channel;
    this.request = request;
    stream = connect();
    // The first message says from where on; a break before the first event loses none then.
    this.request = after(StatusDetails.answer(() -> stream.next()));
  }

  private Iterator<WatchEventsResponse> connect() {
    WatchEventsRequest from = request;
    try {
      return context.call(() -> WatchServiceGrpc.newBlockingStub(channel).watchEvents(from));
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private WatchEventsRequest after(WatchEventsResponse response) {
    return request.toBuilder().setAfter(response.getPosition()).build();
  }

  /**
   * Whether something comes; waits until it is known.
   *
   * @return false when the host was deleted or this was closed
   */
  @Override
  public boolean hasNext() {
    int attempt = 0;
    while (next == null && !ended) {
      try {
        if (stream.hasNext()) {
          take(stream.next());
          attempt = 0;
        } else {
          ended = true;
        }
      } catch (StatusRuntimeException e) {
        if (context.isCancelled()) {
          ended = true;
        } else if (e.getStatus().getCode() != Status.Code.UNAVAILABLE
            || ++attempt == MOST_ATTEMPTS) {
          throw StatusDetails.exception(e);
        } else {
          pause(attempt);
          stream = connect();
        }
      }
    }
    return next != null;
  }

  private void take(WatchEventsResponse response) {
    request = after(response);
    ended = response.getEnded();
    if (response.getEventsCount() > 0 || response.hasGap() || ended) {
      next = response;
    }
  }

  private static void pause(int attempt) {
    try {
      TimeUnit.MILLISECONDS.sleep(FIRST_PAUSE_MILLIS << attempt);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public WatchEventsResponse next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the host is gone, or the watch closed");
    }
    WatchEventsResponse response = next;
    next = null;
    if (response == null) {
      throw new NoSuchElementException();
    }
    return response;
  }

  /** All up to this sequence number has been seen, or was missed: what to go on after. */
  public long position() {
    return request.getAfter();
  }

  /** Ends it. */
  @Override
  public void close() {
    context.cancel(null);
  }
}
