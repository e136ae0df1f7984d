package io.virtrig.client;

import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The threads that carry all connections of this JVM. They end with the last connection: a JVM that
 * ends while one of them waits in the system waits 300 ms for it.
 */
final class EventLoops {
  private static final int THREADS = Math.min(2, Runtime.getRuntime().availableProcessors());

  private static @Nullable EventLoopGroup loops;
  private static int connections;

  private EventLoops() {}

  /** Threads for one more connection. */
  static synchronized EventLoopGroup take() {
    EventLoopGroup taken = loops;
    if (taken == null) {
      taken =
          new MultiThreadIoEventLoopGroup(
              THREADS, new DefaultThreadFactory("virtrig-client", true), NioIoHandler.newFactory());
      loops = taken;
    }
    connections++;
    return taken;
  }

  /** A connection has ended. */
  static synchronized void giveBack() {
    connections--;
    if (connections == 0 && loops != null) {
      var unused = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      loops = null;
    }
  }
}
