package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.ServerServiceDefinition;
import io.virtrig.daemon.hosts.HostRegistry;
import io.virtrig.daemon.hosts.HostedHost;
import io.virtrig.uapi.OperationName;
import io.virtrig.v1.ExecuteRequest;
import io.virtrig.v1.ExecuteResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.OperationServiceGrpc;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;

/** The generic way to drive a host: several operations in one call. */
final class ExecuteMethod {
  private static final int MOST_OPERATIONS = 1024;

  /** Bytes of results in one answer; operations that come after are not executed. */
  private static final int MOST_RESULT_BYTES = 32 << 20;

  private final HostRegistry hosts;
  private final OperationExecutor executor;

  ExecuteMethod(HostRegistry hosts, OperationExecutor executor) {
    this.hosts = hosts;
    this.executor = executor;
  }

  ServerServiceDefinition service() {
    return new ServiceBinding(OperationServiceGrpc.getServiceDescriptor())
        .method(OperationServiceGrpc.getExecuteMethod(), this::execute)
        .build();
  }

  private ExecuteResponse execute(ExecuteRequest request) {
    if (request.getHost().isEmpty()) {
      throw Statuses.daemon(Code.INVALID_ARGUMENT, "host: names no host");
    }
    if (request.getOperationsCount() > MOST_OPERATIONS) {
      throw Statuses.daemon(Code.INVALID_ARGUMENT, "operations: more than " + MOST_OPERATIONS);
    }
    HostedHost host = hosts.get(request.getHost());
    ExecuteResponse.Builder response = ExecuteResponse.newBuilder();
    int bytes = 0;
    for (Operation operation : request.getOperationsList()) {
      Result result =
          bytes < MOST_RESULT_BYTES ? executor.execute(host, operation) : notExecuted(operation);
      bytes += result.getSerializedSize();
      response.addResults(result);
    }
    return response.build();
  }

  private static Result notExecuted(Operation operation) {
    return Result.newBuilder()
        .setRefusal(
            Refusal.newBuilder()
                .setCode(Refusal.Code.CODE_RESOURCE_EXHAUSTED)
                .setField("operations")
                .setReason(
                    "not executed: the results before it fill the answer's "
                        + MOST_RESULT_BYTES
                        + " bytes")
                .setOperation(OperationName.of(operation.getOpCase())))
        .build();
  }
}
