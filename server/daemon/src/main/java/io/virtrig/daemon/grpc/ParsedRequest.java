package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * A request, or what is wrong with its bytes. gRPC's own stubs answer INTERNAL or UNKNOWN to bytes
 * that are no message; here that is the caller's error.
 */
record ParsedRequest<Q>(@Nullable Q message, Code code, String defect) {

  /** Says what is wrong with it. */
  StatusRuntimeException refusal() {
    return Statuses.daemon(code, defect);
  }

  /** The method, with requests that are parsed without ever throwing. */
  static <Q, A> MethodDescriptor<ParsedRequest<Q>, A> of(MethodDescriptor<Q, A> method) {
    return method.toBuilder(
            new Requests<>(method.getRequestMarshaller()), method.getResponseMarshaller())
        .build();
  }

  private record Requests<Q>(MethodDescriptor.Marshaller<Q> messages)
      implements MethodDescriptor.Marshaller<ParsedRequest<Q>> {

    @Override
    public InputStream stream(ParsedRequest<Q> value) {
      throw new UnsupportedOperationException("a server sends no requests");
    }

    @Override
    public ParsedRequest<Q> parse(InputStream stream) {
      try {
        return new ParsedRequest<>(messages.parse(stream), Code.OK, "");
      } catch (RuntimeException e) {
        // What only turns out to be too long when it is unpacked.
        if (Status.fromThrowable(e).getCode() == Status.Code.RESOURCE_EXHAUSTED) {
          return new ParsedRequest<>(null, Code.RESOURCE_EXHAUSTED, String.valueOf(e.getMessage()));
        }
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return new ParsedRequest<>(
            null,
            Code.INVALID_ARGUMENT,
            "the request is no protobuf message: " + cause.getMessage());
      }
    }
  }
}
