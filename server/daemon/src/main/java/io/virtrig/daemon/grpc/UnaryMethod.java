package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtrig.daemon.tenancy.Caller;
import java.util.function.BiFunction;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Binds a unary method to a function that runs on the transport's thread.
 *
 * <p>gRPC's own stubs answer INTERNAL or UNKNOWN to streams with no message or two of them; here
 * that is the caller's error, INVALID_ARGUMENT.
 */
final class UnaryMethod<Q, A> implements ServerCallHandler<ParsedRequest<Q>, A> {
  private final Callers callers;
  private final ToIntFunction<Q> operations;
  private final BiFunction<Caller, Q, A> function;

  private UnaryMethod(
      Callers callers, ToIntFunction<Q> operations, BiFunction<Caller, Q, A> function) {
    this.callers = callers;
    this.operations = operations;
    this.function = function;
  }

  /**
   * The definition of a method that does the function.
   *
   * @param operations how many operations a request brings
   */
  static <Q, A> ServerMethodDefinition<ParsedRequest<Q>, A> define(
      MethodDescriptor<Q, A> method,
      Callers callers,
      ToIntFunction<Q> operations,
      BiFunction<Caller, Q, A> function) {
    return ServerMethodDefinition.create(
        ParsedRequest.of(method), new UnaryMethod<>(callers, operations, function));
  }

  @Override
  public ServerCall.Listener<ParsedRequest<Q>> startCall(
      ServerCall<ParsedRequest<Q>, A> call, Metadata headers) {
    call.request(2);
    return new Listener(call, callers.current());
  }

  private final class Listener extends ServerCall.Listener<ParsedRequest<Q>> {
    private final ServerCall<ParsedRequest<Q>, A> call;
    private final Caller caller;
    private @Nullable ParsedRequest<Q> request;
    private boolean closed;

    Listener(ServerCall<ParsedRequest<Q>, A> call, Caller caller) {
      this.call = call;
      this.caller = caller;
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
        Q message = request.message();
        caller.tenant().account().operations(operations.applyAsInt(message));
        answer = function.apply(caller, message);
      } catch (RuntimeException e) {
        refuse(RefusedCall.status(e, call.getMethodDescriptor().getFullMethodName()));
        return;
      }
      call.sendHeaders(new Metadata());
      call.sendMessage(answer);
      call.close(Status.OK, new Metadata());
    }

    private void refuse(StatusRuntimeException refusal) {
      if (!closed) {
        closed = true;
        Statuses.close(call, refusal);
      }
    }
  }
}
