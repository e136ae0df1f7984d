package io.virtrig.daemon.grpc;

import com.google.protobuf.Message;
import com.google.rpc.Code;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.virtrig.daemon.execution.OperationExecutor;
import io.virtrig.daemon.tenancy.Caller;
import io.virtrig.v1.GuestServiceGrpc;
import io.virtrig.v1.HardwareServiceGrpc;
import io.virtrig.v1.InspectionServiceGrpc;
import io.virtrig.v1.IoasidServiceGrpc;
import io.virtrig.v1.KvmServiceGrpc;
import io.virtrig.v1.ProcessServiceGrpc;
import io.virtrig.v1.Result;
import io.virtrig.v1.VdpaServiceGrpc;
import io.virtrig.v1.VfioServiceGrpc;
import io.virtrig.v1.VmmServiceGrpc;
import java.util.List;

/** The typed services: each method is an operation, whose request and response are its own. */
final class OperationServices {
  static final List<ServiceDescriptor> SERVICES =
      List.of(
          ProcessServiceGrpc.getServiceDescriptor(),
          HardwareServiceGrpc.getServiceDescriptor(),
          GuestServiceGrpc.getServiceDescriptor(),
          InspectionServiceGrpc.getServiceDescriptor(),
          VfioServiceGrpc.getServiceDescriptor(),
          IoasidServiceGrpc.getServiceDescriptor(),
          KvmServiceGrpc.getServiceDescriptor(),
          VdpaServiceGrpc.getServiceDescriptor(),
          VmmServiceGrpc.getServiceDescriptor());

  private final OperationExecutor executor;
  private final Callers callers;

  OperationServices(OperationExecutor executor, Callers callers) {
    this.executor = executor;
    this.callers = callers;
  }

  List<ServerServiceDefinition> all() {
    return SERVICES.stream().map(this::bound).toList();
  }

  private ServerServiceDefinition bound(ServiceDescriptor service) {
    ServiceBinding binding = new ServiceBinding(service, callers);
    service.getMethods().forEach(method -> bind(binding, method));
    return binding.build();
  }

  @SuppressWarnings("unchecked") // All that the vocabulary's methods take and give are messages.
  private void bind(ServiceBinding binding, MethodDescriptor<?, ?> method) {
    TypedOperation operation = TypedOperation.of(method);
    binding.method(
        (MethodDescriptor<Message, Message>) method,
        (caller, request) -> execute(operation, caller, request));
  }

  private Message execute(TypedOperation operation, Caller caller, Message request) {
    String host = operation.host(request);
    if (host.isEmpty()) {
      throw Statuses.daemon(Code.INVALID_ARGUMENT, "host: names no host");
    }
    Result result = executor.execute(caller.tenant().hosts().get(host), operation.with(request));
    if (result.hasErrno() || result.hasRefusal()) {
      throw Statuses.of(result);
    }
    return operation.response(result);
  }
}
