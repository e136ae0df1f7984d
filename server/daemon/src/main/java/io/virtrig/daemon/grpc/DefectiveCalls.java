package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/**
 * For services whose handlers are not ours (health, reflection): bytes that are no message, or a
 * stream with none, are INVALID_ARGUMENT, where gRPC's stubs would answer INTERNAL or UNKNOWN.
 */
final class DefectiveCalls implements ServerInterceptor {

  private DefectiveCalls() {}

  /** The service with this interceptor before the place where messages are parsed. */
  static ServerServiceDefinition guard(ServerServiceDefinition service) {
    return ServerInterceptors.intercept(
        ServerInterceptors.useInputStreamMessages(service), new DefectiveCalls());
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    OnceClosed<Q, A> once = new OnceClosed<>(call);
    return new SimpleForwardingServerCallListener<>(next.startCall(once, headers)) {
      @Override
      public void onMessage(Q message) {
        try {
          super.onMessage(message);
        } catch (StatusRuntimeException e) {
          once.refuse("the request is no protobuf message");
        }
      }

      @Override
      public void onHalfClose() {
        if (!once.closed) {
          super.onHalfClose();
        }
      }
    };
  }

  /**
   * A call whose first close wins, and whose INTERNAL is the caller's mistake about the number of
   * messages.
   */
  private static final class OnceClosed<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private boolean closed;

    OnceClosed(ServerCall<Q, A> call) {
      super(call);
    }

    void refuse(String reason) {
      Statuses.close(this, Statuses.daemon(Code.INVALID_ARGUMENT, reason));
    }

    @Override
    public void close(Status status, Metadata trailers) {
      if (closed) {
        return;
      }
      closed = true;
      boolean wrongCount = status.getCode() == Status.Code.INTERNAL;
      super.close(
          wrongCount ? Status.INVALID_ARGUMENT.withDescription(status.getDescription()) : status,
          trailers);
    }
  }
}
