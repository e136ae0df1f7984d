package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.ServerServiceDefinition;
import io.virtrig.daemon.tenancy.Caller;
import io.virtrig.v1.ListCallsRequest;
import io.virtrig.v1.ListCallsResponse;
import io.virtrig.v1.TraceServiceGrpc;

/** The trace service: what the modelled VMMs of a host asked of its kernel. */
final class TraceMethods {

  private TraceMethods() {}

  static ServerServiceDefinition service(Callers callers) {
    return new ServiceBinding(TraceServiceGrpc.getServiceDescriptor(), callers)
        .method(TraceServiceGrpc.getListCallsMethod(), TraceMethods::calls)
        .build();
  }

  private static ListCallsResponse calls(Caller caller, ListCallsRequest request) {
    if (request.getHost().isEmpty()) {
      throw Statuses.daemon(Code.INVALID_ARGUMENT, "host: names no host");
    }
    int most = Pages.size(request.getPageSize());
    return caller
        .tenant()
        .hosts()
        .get(request.getHost())
        .with(
            host ->
                ListCallsResponse.newBuilder()
                    .addAllCalls(host.calls().after(request.getAfter(), most))
                    .build());
  }
}
