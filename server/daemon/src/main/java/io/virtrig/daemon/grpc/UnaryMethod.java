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
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Binds a unary method to a function that runs on the transport's thread.
 *
 * <p>gRPC's own stubs answer INTERNAL or UNKNOWN to streams with no message or two of them; here
 * that is the caller's error, INVALID_ARGUMENT.
 */
final class UnaryMethod<Q, A> implements ServerCallHandler<ParsedRequest<Q>, A> {
  private static final Logger LOG = LoggerFactory.getLogger(UnaryMethod.class);

  private final Function<Q, A> function;

  private UnaryMethod(Function<Q, A> function) {
    this.function = function;
  }

  /** The definition of a method that does the function. */
  static <Q, A> ServerMethodDefinition<ParsedRequest<Q>, A> define(
      MethodDescriptor<Q, A> method, Function<Q, A> function) {
    return ServerMethodDefinition.create(ParsedRequest.of(method), new UnaryMethod<>(function));
  }

  @Override
  public ServerCall.Listener<ParsedRequest<Q>> startCall(
      ServerCall<ParsedRequest<Q>, A> call, Metadata headers) {
    call.request(2);
    return new Listener(call);
  }

  private final class Listener extends ServerCall.Listener<ParsedRequest<Q>> {
    private final ServerCall<ParsedRequest<Q>, A> call;
    private @Nullable ParsedRequest<Q> request;
    private boolean closed;

    Listener(ServerCall<ParsedRequest<Q>, A> call) {
      this.call = call;
    }

    @Override
    public void onMessage(ParsedRequest<Q> message) {
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
      if (request.message() == null) {
        refuse(request.refusal());
        return;
      }
      A answer;
      try {
        answer = function.apply(request.message());
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
}
