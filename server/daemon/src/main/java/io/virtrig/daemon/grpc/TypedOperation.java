package io.virtrig.daemon.grpc;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
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
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A method that is an operation: how its request becomes that, and how the result gives its
 * response. An operation's request and response have the same field number.
 */
final class TypedOperation {
  private static final Map<Descriptor, FieldDescriptor> BY_REQUEST =
      Operation.getDescriptor().getFields().stream()
          .collect(Collectors.toMap(FieldDescriptor::getMessageType, Function.identity()));

  private final FieldDescriptor member;
  private final int number;
  private final Class<?> request;
  private final Message empty;

  /** {@code getHost} of the request, from the first call on. */
  private @Nullable MethodHandle host;

  private TypedOperation(FieldDescriptor member, Class<?> request, Message empty) {
    this.member = member;
    number = member.getNumber();
    this.request = request;
    this.empty = empty;
  }

  /** The operation that takes what the method takes. */
  static TypedOperation of(MethodDescriptor<?, ?> method) {
    Message request = Prototypes.request(method);
    FieldDescriptor member = BY_REQUEST.get(request.getDescriptorForType());
    if (member == null) {
      throw new IllegalStateException(method.getFullMethodName() + " is no operation");
    }
    return new TypedOperation(member, request.getClass(), Prototypes.response(method));
  }

  /** Its name in {@link Operation}. */
  String name() {
    return member.getName();
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
    Message response = Results.response(result, number);
    return response == null ? empty : response;
  }
}
