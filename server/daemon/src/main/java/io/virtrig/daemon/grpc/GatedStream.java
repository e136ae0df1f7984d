package io.virtrig.daemon.grpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtrig.daemon.tenancy.Caller;

/**
 * A stream that can be ended from outside, at any time and by any thread. Its method goes on to
 * send what nobody receives until it is told that the stream is over.
 */
final class GatedStream<Q, A> extends SimpleForwardingServerCall<Q, A> {
  private final Caller caller;

  /** Guarded by this object, as is everything that is sent. */
  private boolean closed;

  GatedStream(ServerCall<Q, A> call, Caller caller) {
    super(call);
    this.caller = caller;
  }

  Caller caller() {
    return caller;
  }

  void end(StatusRuntimeException reason) {
    Statuses.close(this, reason);
  }

  @Override
  public synchronized void sendHeaders(Metadata headers) {
    if (!closed) {
      super.sendHeaders(headers);
    }
  }

  @Override
  public synchronized void sendMessage(A message) {
    if (!closed) {
      super.sendMessage(message);
    }
  }

  @Override
  public synchronized void close(Status status, Metadata trailers) {
    if (!closed) {
      closed = true;
      super.close(status, trailers);
    }
  }
}
