package io.virtrig.daemon.limits;

import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Tells connections of the bytes that their calls leave lying about. Answers of streams are not
 * counted: they are made only while the client reads.
 */
public final class Transfers extends ServerStreamTracer.Factory {

  @Override
  public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
    return new Call();
  }

  /** One call. The transport's thread calls it. */
  private static final class Call extends ServerStreamTracer {
    private @Nullable Connection connection;
    private boolean answersOnce;
    private long unread;
    private long unfinished;

    @Override
    public void serverCallStarted(ServerCallInfo<?, ?> call) {
      connection = Connection.of(call.getAttributes());
      answersOnce = call.getMethodDescriptor().getType().serverSendsOneMessage();
    }

    @Override
    public void outboundWireSize(long bytes) {
      if (connection != null && answersOnce) {
        unread += bytes;
        connection.unread(bytes);
      }
    }

    @Override
    public void inboundWireSize(long bytes) {
      if (connection != null) {
        unfinished += bytes;
        connection.unfinished(bytes);
      }
    }

    @Override
    public void inboundMessageRead(int number, long wireSize, long size) {
      finish();
    }

    private void finish() {
      if (connection != null && unfinished != 0) {
        connection.unfinished(-unfinished);
        unfinished = 0;
      }
    }

    @Override
    public void streamClosed(Status status) {
      finish();
      if (connection != null && unread != 0) {
        connection.unread(-unread);
        unread = 0;
      }
    }
  }
}
