package io.virtrig.daemon.grpc;

import io.grpc.MethodDescriptor;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.StatusRuntimeException;
import io.virtrig.daemon.tenancy.Caller;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * Binds every method of a service to a function; one left out is a defect that keeps the daemon
 * from starting.
 */
final class ServiceBinding {
  private final ServiceDescriptor service;
  private final Callers callers;
  private final Map<String, ServerMethodDefinition<?, ?>> methods = new LinkedHashMap<>();

  ServiceBinding(ServiceDescriptor service, Callers callers) {
    this.service = service;
    this.callers = callers;
  }

  /** Binds a method that knows for whom it is called. */
  <Q, A> ServiceBinding method(MethodDescriptor<Q, A> method, BiFunction<Caller, Q, A> function) {
    return method(method, request -> 1, function);
  }

  /**
   * Binds a method that knows for whom it is called.
   *
   * @param operations how many operations a request brings
   */
  <Q, A> ServiceBinding method(
      MethodDescriptor<Q, A> method,
      ToIntFunction<Q> operations,
      BiFunction<Caller, Q, A> function) {
    methods.put(
        method.getFullMethodName(), UnaryMethod.define(method, callers, operations, function));
    return this;
  }

  /**
   * Binds a method whose every call is written down.
   *
   * @param act what it is called there
   * @param object what it acts on
   */
  <Q, A> ServiceBinding audited(
      MethodDescriptor<Q, A> method,
      String act,
      Function<Q, String> object,
      BiFunction<Caller, Q, A> function) {
    return audited(
        method,
        request -> 1,
        act,
        object,
        (request, answer) -> List.of(object.apply(request)),
        function);
  }

  /**
   * Binds a method whose every call is written down.
   *
   * @param operations how many operations a request brings
   * @param act what it is called there
   * @param asked what it is asked to act on, which is written down when it refuses
   * @param done what it has acted on, a line each
   */
  <Q, A> ServiceBinding audited(
      MethodDescriptor<Q, A> method,
      ToIntFunction<Q> operations,
      String act,
      Function<Q, String> asked,
      BiFunction<Q, A, List<String>> done,
      BiFunction<Caller, Q, A> function) {
    return method(
        method,
        operations,
        (caller, request) -> {
          A answer;
          try {
            answer = function.apply(caller, request);
          } catch (RuntimeException e) {
            StatusRuntimeException refusal = RefusedCall.status(e, method.getFullMethodName());
            callers.record(caller, act, asked.apply(request), refusal.getStatus().getCode().name());
            throw refusal;
          }
          done.apply(request, answer).forEach(object -> callers.record(caller, act, object, "OK"));
          return answer;
        });
  }

  /** Binds a method that touches nothing that is anybody's. */
  <Q, A> ServiceBinding plain(MethodDescriptor<Q, A> method, Function<Q, A> function) {
    return method(method, (caller, request) -> function.apply(request));
  }

  /** Binds a method with a stream. */
  <Q, A> ServiceBinding stream(
      MethodDescriptor<Q, A> method, ServerCallHandler<ParsedRequest<Q>, A> handler) {
    methods.put(
        method.getFullMethodName(),
        ServerMethodDefinition.create(ParsedRequest.of(method), handler));
    return this;
  }

  /** The service with the methods bound, under the schema that reflection shows. */
  ServerServiceDefinition build() {
    ServiceDescriptor.Builder descriptor =
        ServiceDescriptor.newBuilder(service.getName())
            .setSchemaDescriptor(service.getSchemaDescriptor());
    Collection<ServerMethodDefinition<?, ?>> bound = methods.values();
    bound.forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
    for (MethodDescriptor<?, ?> method : service.getMethods()) {
      if (!methods.containsKey(method.getFullMethodName())) {
        throw new IllegalStateException("nothing is bound to " + method.getFullMethodName());
      }
    }
    ServerServiceDefinition.Builder definition =
        ServerServiceDefinition.builder(descriptor.build());
    bound.forEach(definition::addMethod);
    return definition.build();
  }
}
