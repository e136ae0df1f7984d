package io.virtrig.daemon.grpc;

import io.grpc.MethodDescriptor;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Binds every method of a service to a function; one left out is a defect that keeps the daemon
 * from starting.
 */
final class ServiceBinding {
  private final ServiceDescriptor service;
  private final Map<String, ServerMethodDefinition<?, ?>> methods = new LinkedHashMap<>();

  ServiceBinding(ServiceDescriptor service) {
    this.service = service;
  }

  <Q, A> ServiceBinding method(MethodDescriptor<Q, A> method, Function<Q, A> function) {
    methods.put(method.getFullMethodName(), UnaryMethod.define(method, function));
    return this;
  }

  <Q, A> ServiceBinding method(
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
