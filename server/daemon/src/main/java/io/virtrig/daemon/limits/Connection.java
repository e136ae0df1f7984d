package io.virtrig.daemon.limits;

import io.grpc.Attributes;
import io.netty.channel.Channel;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A connection and what of its messages lies about in the daemon's memory: answers that the client
 * has not read, requests whose end it has not sent. HTTP/2 bounds neither across streams.
 */
public final class Connection {
  /** On the attributes of every call that came over the network. */
  private static final Attributes.Key<Connection> KEY = Attributes.Key.create("connection");

  /** Unread answers of one connection beyond which it is given no more. */
  static final long UNREAD_BYTES = 64L << 20;

  /** Unfinished requests of one connection beyond which it is closed. */
  static final long UNFINISHED_BYTES = 64L << 20;

  /** What each may have unfinished even when the daemon is short. */
  private static final long ALWAYS_GRANTED = 64L << 10;

  private final Connections all;
  private final Peer peer;
  private final Channel channel;
  private final AtomicLong unread = new AtomicLong();
  private final AtomicLong unfinished = new AtomicLong();

  /** Those whose requests have not come, the oldest first; confined to the channel's event loop. */
  private final UnaryCall calls = new UnaryCall();

  Connection(Connections all, Peer peer, Channel channel) {
    this.all = all;
    this.peer = peer;
    this.channel = channel;
  }

  /** That of a call; null when it did not come over the network. */
  static @Nullable Connection of(Attributes attributes) {
    return attributes.get(KEY);
  }

  Attributes on(Attributes attributes) {
    return attributes.toBuilder().set(KEY, this).build();
  }

  Peer peer() {
    return peer;
  }

  /** Whether another answer may be made: the client reads those that it has asked for. */
  boolean takesAnswers() {
    boolean takes =
        unread.get() <= UNREAD_BYTES
            && (unread.get() <= ALWAYS_GRANTED || all.unread().get() <= all.budget());
    if (!takes) {
      all.metrics().refused(Limit.UNREAD_ANSWERS);
    }
    return takes;
  }

  void unread(long bytes) {
    unread.addAndGet(bytes);
    all.unread().addAndGet(bytes);
  }

  void unfinished(long bytes) {
    long mine = unfinished.addAndGet(bytes);
    long everybodys = all.unfinished().addAndGet(bytes);
    if (mine > UNFINISHED_BYTES || (mine > ALWAYS_GRANTED && everybodys > all.budget())) {
      all.metrics().refused(Limit.UNFINISHED_REQUESTS);
      channel
          .eventLoop()
          .execute(
              // Past the handlers, which would wait for calls to end.
              () -> channel.unsafe().close(channel.voidPromise()));
    }
  }

  /** The list in which unary calls stand until their requests have come. */
  UnaryCall calls() {
    return calls;
  }

  /** From now on ends unary calls whose requests take longer than that. */
  void endOverdueCalls(Duration most) {
    long nanoseconds = most.toNanos();
    ScheduledFuture<?> sweep =
        channel
            .eventLoop()
            .scheduleWithFixedDelay(
                () -> calls.endOlderThan(System.nanoTime() - nanoseconds),
                nanoseconds,
                nanoseconds / 4,
                TimeUnit.NANOSECONDS);
    channel.closeFuture().addListener(future -> sweep.cancel(false));
  }
}
