package io.virtrig.daemon.grpc;

import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtrig.v1.EchoRequest;
import io.virtrig.v1.EchoResponse;
import io.virtrig.v1.EchoServiceGrpc;
import io.virtrig.v1.EchoStreamRequest;
import io.virtrig.v1.EchoStreamResponse;

/** The floor of all measurements: the same path as every other call, and nothing at its end. */
final class EchoMethods {

  private EchoMethods() {}

  static ServerServiceDefinition service(Callers callers) {
    return new ServiceBinding(EchoServiceGrpc.getServiceDescriptor(), callers)
        .plain(EchoServiceGrpc.getEchoMethod(), EchoMethods::echo).stream(
                EchoServiceGrpc.getEchoStreamMethod(), EchoMethods::stream)
            .build();
  }

  private static EchoResponse echo(EchoRequest request) {
    return EchoResponse.newBuilder()
        .setPayload(answer(request.getPayload(), request.getAnswerBytes()))
        .build();
  }

  private static ByteString answer(ByteString payload, int bytes) {
    if (bytes < 0 || bytes > payload.size()) {
      throw Statuses.daemon(
          Code.INVALID_ARGUMENT,
          "answer_bytes: more than the " + payload.size() + " bytes of the payload");
    }
    return payload.substring(0, bytes);
  }

  private static ServerCall.Listener<ParsedRequest<EchoStreamRequest>> stream(
      ServerCall<ParsedRequest<EchoStreamRequest>, EchoStreamResponse> call, Metadata headers) {
    call.sendHeaders(new Metadata());
    call.request(1);
    return new Stream(call);
  }

  /** Reads a message when the answer to the one before it could be sent. */
  private static final class Stream extends ServerCall.Listener<ParsedRequest<EchoStreamRequest>> {
    private final ServerCall<ParsedRequest<EchoStreamRequest>, EchoStreamResponse> call;
    private boolean waiting;
    private boolean closed;

    Stream(ServerCall<ParsedRequest<EchoStreamRequest>, EchoStreamResponse> call) {
      this.call = call;
    }

    @Override
    public void onMessage(ParsedRequest<EchoStreamRequest> request) {
      EchoStreamRequest message = request.message();
      try {
        if (message == null) {
          throw request.refusal();
        }
        call.sendMessage(
            EchoStreamResponse.newBuilder()
                .setPayload(answer(message.getPayload(), message.getAnswerBytes()))
                .build());
      } catch (StatusRuntimeException e) {
        closed = true;
        Statuses.close(call, e);
        return;
      }
      waiting = true;
      onReady();
    }

    @Override
    public void onReady() {
      if (waiting && !closed && call.isReady()) {
        waiting = false;
        call.request(1);
      }
    }

    @Override
    public void onHalfClose() {
      if (!closed) {
        closed = true;
        call.close(Status.OK, new Metadata());
      }
    }
  }
}
