package io.virtrig.daemon.grpc;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.wire.Operations;
import io.virtrig.wire.Prototypes;
import io.virtrig.wire.Results;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * A method that is an operation: how its request becomes that, and how the result gives its
 * response.
 */
final class TypedOperation {
  private final Class<?> request;
  private final Message empty;

  /** {@code getHost} of the request, from the first call on. */
  private @Nullable MethodHandle host;

  private TypedOperation(Class<?> request, Message empty) {
    this.request = request;
    this.empty = empty;
  }

  /** The operation that takes what the method takes. */
  static TypedOperation of(MethodDescriptor<?, ?> method) {
    return new TypedOperation(Prototypes.request(method).getClass(), Prototypes.response(method));
  }

  /** The host that a request names. */
  String host(Message from) {
    MethodHandle getter = host;
    if (getter == null) {
      getter = getHost();
      host = getter;
    }
    try {
      return (String) getter.invokeExact(from);
    } catch (Throwable e) {
      throw new IllegalStateException("a getter threw", e);
    }
  }

  /** Looking it up takes long for the start of a daemon: there are as many as operations. */
  private MethodHandle getHost() {
    try {
      return MethodHandles.publicLookup()
          .findVirtual(request, "getHost", MethodType.methodType(String.class))
          .asType(MethodType.methodType(String.class, Message.class));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(request.getName() + " names no host", e);
    }
  }

  /** The operation with a request. */
  Operation with(Message of) {
    return Operations.of(of);
  }

  /** The response in a result that is a success. */
  Message response(Result result) {
    Message response = Results.response(result);
    return response == null ? empty : response;
  }
}
