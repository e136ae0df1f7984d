package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtrig.daemon.hosts.HostRefused;
import io.virtrig.daemon.hosts.NoSuchHost;
import io.virtrig.emulator.errno.Refused;
import java.io.InputStream;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Binds a unary method to a function that runs on the transport's thread.
 *
 * <p>gRPC's own stubs answer INTERNAL or UNKNOWN to bytes that are no message and to streams with
 * none or two of them; here that is the caller's error, INVALID_ARGUMENT.
 */
final class UnaryMethod<Q, A> implements ServerCallHandler<UnaryMethod.Parsed<Q>, A> {
  private static final Logger LOG = LoggerFactory.getLogger(UnaryMethod.class);

  /** A request, or what is wrong with its bytes. */
  record Parsed<Q>(@Nullable Q message, String defect) {}

  private final Function<Q, A> function;

  private UnaryMethod(Function<Q, A> function) {
    this.function = function;
  }

  /** The definition of a method that does the function. */
  static <Q, A> ServerMethodDefinition<Parsed<Q>, A> define(
      MethodDescriptor<Q, A> method, Function<Q, A> function) {
    return ServerMethodDefinition.create(
        method.toBuilder(
                new Requests<>(method.getRequestMarshaller()), method.getResponseMarshaller())
            .build(),
        new UnaryMethod<>(function));
  }

  @Override
  public ServerCall.Listener<Parsed<Q>> startCall(ServerCall<Parsed<Q>, A> call, Metadata headers) {
    call.request(2);
    return new Listener(call);
  }

  private final class Listener extends ServerCall.Listener<Parsed<Q>> {
    private final ServerCall<Parsed<Q>, A> call;
    private @Nullable Parsed<Q> request;
    private boolean closed;

    Listener(ServerCall<Parsed<Q>, A> call) {
      this.call = call;
    }

    @Override
    public void onMessage(Parsed<Q> message) {
      if (request != null) {
        refuse(
            Statuses.daemon(
                Code.INVALID_ARGUMENT, "a unary call has one request message, not two"));
      }
      request = message;
    }

    @Override
    public void onHalfClose() {
      if (closed) {
        return;
      }
      if (request == null) {
        refuse(Statuses.daemon(Code.INVALID_ARGUMENT, "the call has no request message"));
        return;
      }
      if (request.message == null) {
        refuse(
            Statuses.daemon(
                Code.INVALID_ARGUMENT, "the request is no protobuf message: " + request.defect));
        return;
      }
      A answer;
      try {
        answer = function.apply(request.message);
      } catch (StatusRuntimeException e) {
        refuse(e);
        return;
      } catch (NoSuchHost e) {
        refuse(Statuses.daemon(Code.NOT_FOUND, e.getMessage()));
        return;
      } catch (HostRefused e) {
        refuse(Statuses.daemon(code(e.reason()), e.getMessage()));
        return;
      } catch (Refused e) {
        refuse(Statuses.of(e));
        return;
      } catch (RuntimeException e) {
        LOG.error("{} failed", call.getMethodDescriptor().getFullMethodName(), e);
        refuse(
            Status.INTERNAL
                .withDescription("a defect of the daemon; its log says more")
                .asRuntimeException());
        return;
      }
      call.sendHeaders(new Metadata());
      call.sendMessage(answer);
      call.close(Status.OK, new Metadata());
    }

    private static Code code(HostRefused.Reason reason) {
      return switch (reason) {
        case BAD_ID -> Code.INVALID_ARGUMENT;
        case EXISTS -> Code.ALREADY_EXISTS;
        case LIMIT -> Code.RESOURCE_EXHAUSTED;
      };
    }

    private void refuse(StatusRuntimeException refusal) {
      if (!closed) {
        closed = true;
        Metadata trailers = refusal.getTrailers();
        call.close(refusal.getStatus(), trailers == null ? new Metadata() : trailers);
      }
    }
  }

  /** Reads requests without ever throwing. */
  private record Requests<Q>(MethodDescriptor.Marshaller<Q> messages)
      implements MethodDescriptor.Marshaller<Parsed<Q>> {

    @Override
    public InputStream stream(Parsed<Q> value) {
      throw new UnsupportedOperationException("a server sends no requests");
    }

    @Override
    public Parsed<Q> parse(InputStream stream) {
      try {
        return new Parsed<>(messages.parse(stream), "");
      } catch (RuntimeException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return new Parsed<>(null, String.valueOf(cause.getMessage()));
      }
    }
  }
}
