package io.virtrig.daemon.limits;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ServerTransportFilter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.virtrig.daemon.config.ConnectionLimits;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The connections there are. Each is counted when it is accepted, before a byte of it is read, and
 * closed on the spot when there are too many; whoever speaks HTTP/2 in time finds it on the
 * attributes of its calls.
 */
public final class Connections {
  private static final long LEAST_BUDGET = 64L << 20;

  private final ConnectionLimits limits;
  private final LimitMetrics metrics;
  private final ConcurrentMap<InetAddress, Peer> peers = new ConcurrentHashMap<>();
  private final ConcurrentMap<SocketAddress, Connection> open = new ConcurrentHashMap<>();
  private final AtomicInteger count = new AtomicInteger();
  private final AtomicLong unread = new AtomicLong();
  private final AtomicLong unfinished = new AtomicLong();
  private final long budget = Math.max(LEAST_BUDGET, Runtime.getRuntime().maxMemory() / 8);

  /** No connections yet. */
  public Connections(ConnectionLimits limits, LimitMetrics metrics, MeterRegistry registry) {
    this.limits = limits;
    this.metrics = metrics;
    Gauge.builder("virtrig.connections", count, AtomicInteger::get)
        .description("Connections that are open")
        .register(registry);
    Gauge.builder("virtrig.answers.unread", unread, AtomicLong::get)
        .description("Bytes of answers that wait for their clients to read them")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("virtrig.requests.unfinished", unfinished, AtomicLong::get)
        .description("Bytes of requests whose end has not come")
        .baseUnit("bytes")
        .register(registry);
  }

  LimitMetrics metrics() {
    return metrics;
  }

  AtomicLong unread() {
    return unread;
  }

  AtomicLong unfinished() {
    return unfinished;
  }

  /** What all connections together may have unread, and unfinished, beyond a little for each. */
  long budget() {
    return budget;
  }

  /** Stands where the listening socket hands over what it accepted. */
  public ChannelHandler gate() {
    return new ChannelInboundHandlerAdapter() {
      @Override
      public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof Channel accepted) || admit(accepted)) {
          context.fireChannelRead(message);
        } else {
          accepted.unsafe().closeForcibly();
        }
      }
    };
  }

  private boolean admit(Channel channel) {
    if (!(channel.remoteAddress() instanceof InetSocketAddress remote)) {
      return false; // It is gone already.
    }
    if (count.incrementAndGet() > limits.connections()) {
      count.decrementAndGet();
      metrics.refused(Limit.CONNECTIONS);
      return false;
    }
    InetAddress address = remote.getAddress();
    Peer peer =
        peers.compute(address, (a, known) -> (known == null ? new Peer() : known).connected());
    open.put(remote, new Connection(this, peer, channel));
    if (peer.connections().get() > limits.connectionsPerPeer()) {
      metrics.refused(Limit.PEER_CONNECTIONS);
      closed(remote);
      return false;
    }
    channel.closeFuture().addListener(future -> closed(remote));
    return true;
  }

  private void closed(InetSocketAddress remote) {
    open.remove(remote);
    count.decrementAndGet();
    peers.computeIfPresent(
        remote.getAddress(), (a, peer) -> peer.connections().decrementAndGet() == 0 ? null : peer);
  }

  /** Puts the connection on the attributes of its calls. */
  public ServerTransportFilter filter() {
    return new ServerTransportFilter() {
      @Override
      public Attributes transportReady(Attributes attributes) {
        SocketAddress remote = attributes.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        @Nullable Connection connection = remote == null ? null : open.get(remote);
        if (connection == null) {
          return attributes;
        }
        connection.endOverdueCalls(limits.request());
        return connection.on(attributes);
      }
    };
  }
}
