package io.virtrig.daemon.limits;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.virtrig.daemon.config.ConnectionLimits;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Counts the calls that are streams, which last for as long as their clients like, and refuses
 * those that are too many; refuses unary calls of clients who do not read the answers they have.
 */
public final class CallLimits implements ServerInterceptor {
  private final ConnectionLimits limits;
  private final LimitMetrics metrics;
  private final MemoryPressure memory;
  private final BiConsumer<ServerCall<?, ?>, String> refuser;
  private final AtomicInteger streams = new AtomicInteger();

  /**
   * No streams yet.
   *
   * @param refuser ends a call that a limit keeps out, for the reason given
   */
  public CallLimits(
      ConnectionLimits limits,
      LimitMetrics metrics,
      MemoryPressure memory,
      BiConsumer<ServerCall<?, ?>, String> refuser) {
    this.limits = limits;
    this.metrics = metrics;
    this.memory = memory;
    this.refuser = refuser;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Connection connection = Connection.of(call.getAttributes());
    if (call.getMethodDescriptor().getType() == MethodType.UNARY) {
      if (connection == null) {
        return next.startCall(call, headers);
      }
      if (!connection.takesAnswers()) {
        return refuse(call, "this connection has answers that it does not read");
      }
      return unary(call, next.startCall(call, headers), connection);
    }
    if (memory.refusesGrowth()) {
      return refuse(call, MemoryPressure.REASON);
    }
    if (streams.incrementAndGet() > limits.streams()) {
      streams.decrementAndGet();
      metrics.refused(Limit.STREAMS);
      return refuse(call, "the daemon has " + limits.streams() + " streams, as many as it may");
    }
    AtomicInteger peers = connection == null ? null : connection.peer().streams();
    if (peers != null && peers.incrementAndGet() > limits.streamsPerPeer()) {
      left(peers);
      metrics.refused(Limit.PEER_STREAMS);
      return refuse(
          call, "this address has " + limits.streamsPerPeer() + " streams, as many as it may");
    }
    return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
      @Override
      public void onCancel() {
        left(peers);
        super.onCancel();
      }

      @Override
      public void onComplete() {
        left(peers);
        super.onComplete();
      }
    };
  }

  private <Q> ServerCall.Listener<Q> unary(
      ServerCall<Q, ?> call, ServerCall.Listener<Q> handler, Connection connection) {
    UnaryCall place =
        new UnaryCall(connection.calls()) {
          @Override
          void end() {
            metrics.refused(Limit.REQUEST_TIME);
            call.close(
                Status.CANCELLED.withDescription(
                    "the request took longer than " + limits.request().toSeconds() + " s to come"),
                new Metadata());
          }
        };
    return new SimpleForwardingServerCallListener<>(handler) {
      @Override
      public void onHalfClose() {
        if (place.leave()) {
          super.onHalfClose();
        }
      }

      @Override
      public void onCancel() {
        place.leave();
        super.onCancel();
      }

      @Override
      public void onComplete() {
        place.leave();
        super.onComplete();
      }
    };
  }

  private void left(@Nullable AtomicInteger peers) {
    streams.decrementAndGet();
    if (peers != null) {
      peers.decrementAndGet();
    }
  }

  private <Q> ServerCall.Listener<Q> refuse(ServerCall<Q, ?> call, String reason) {
    refuser.accept(call, reason);
    return new ServerCall.Listener<>() {};
  }
}
