package io.virtrig.client;

import io.grpc.ManagedChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** A channel and who ends it: its client, once. */
final class Link implements AutoCloseable {
  private final ManagedChannel channel;
  private final Runnable afterwards;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param afterwards what to do when it has ended
   */
  Link(ManagedChannel channel, Runnable afterwards) {
    this.channel = channel;
    this.afterwards = afterwards;
  }

  ManagedChannel channel() {
    return channel;
  }

  /** Ends the connection; calls under way are given a moment to finish. */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    channel.shutdown();
    try {
      if (!channel.awaitTermination(1, TimeUnit.SECONDS)) {
        channel.shutdownNow();
      }
    } catch (InterruptedException e) {
      channel.shutdownNow();
      Thread.currentThread().interrupt();
    } finally {
      afterwards.run();
    }
  }
}
