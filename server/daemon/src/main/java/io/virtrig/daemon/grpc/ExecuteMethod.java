package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.ServerServiceDefinition;
import io.virtrig.daemon.execution.OperationExecutor;
import io.virtrig.daemon.hosts.HostedHost;
import io.virtrig.daemon.quota.OverQuota;
import io.virtrig.daemon.tenancy.Caller;
import io.virtrig.emulator.Refusals;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.v1.ExecuteRequest;
import io.virtrig.v1.ExecuteResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.OperationServiceGrpc;
import io.virtrig.v1.Result;

/** The generic way to drive a host: several operations in one call. */
final class ExecuteMethod {
  private static final int MOST_OPERATIONS = 1024;

  /** Bytes of results in one answer; operations that come after are not executed. */
  private static final int MOST_RESULT_BYTES = 32 << 20;

  private final OperationExecutor executor;
  private final Callers callers;

  ExecuteMethod(OperationExecutor executor, Callers callers) {
    this.executor = executor;
    this.callers = callers;
  }

  ServerServiceDefinition service() {
    return new ServiceBinding(OperationServiceGrpc.getServiceDescriptor(), callers)
        .method(
            OperationServiceGrpc.getExecuteMethod(),
            request -> Math.max(1, request.getOperationsCount()),
            this::execute)
        .build();
  }

  private ExecuteResponse execute(Caller caller, ExecuteRequest request) {
    if (request.getHost().isEmpty()) {
      throw Statuses.daemon(Code.INVALID_ARGUMENT, "host: names no host");
    }
    if (request.getOperationsCount() > MOST_OPERATIONS) {
      throw Statuses.daemon(Code.INVALID_ARGUMENT, "operations: more than " + MOST_OPERATIONS);
    }
    HostedHost host = caller.tenant().hosts().get(request.getHost());
    ExecuteResponse.Builder response = ExecuteResponse.newBuilder();
    int bytes = 0;
    for (Operation operation : request.getOperationsList()) {
      Result result = bytes < MOST_RESULT_BYTES ? execute(host, operation) : notExecuted(operation);
      bytes += result.getSerializedSize();
      response.addResults(result);
    }
    return response.build();
  }

  private Result execute(HostedHost host, Operation operation) {
    try {
      return executor.execute(host, operation);
    } catch (OverQuota e) {
      return Refusals.result(operation, Refused.exhausted("", e.getMessage()));
    }
  }

  private static Result notExecuted(Operation operation) {
    return Refusals.result(
        operation,
        Refused.exhausted(
            "operations",
            "not executed: the results before it fill the answer's "
                + MOST_RESULT_BYTES
                + " bytes"));
  }
}
