package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.ServerServiceDefinition;
import io.virtrig.daemon.hosts.HostRegistry;
import io.virtrig.v1.ListCallsRequest;
import io.virtrig.v1.ListCallsResponse;
import io.virtrig.v1.TraceServiceGrpc;

/** The trace service: what the modelled VMMs of a host asked of its kernel. */
final class TraceMethods {
  private final HostRegistry hosts;

  TraceMethods(HostRegistry hosts) {
    this.hosts = hosts;
  }

  ServerServiceDefinition service() {
    return new ServiceBinding(TraceServiceGrpc.getServiceDescriptor())
        .method(TraceServiceGrpc.getListCallsMethod(), this::calls)
        .build();
  }

  private ListCallsResponse calls(ListCallsRequest request) {
    if (request.getHost().isEmpty()) {
      throw Statuses.daemon(Code.INVALID_ARGUMENT, "host: names no host");
    }
    int most = Pages.size(request.getPageSize());
    return hosts
        .get(request.getHost())
        .with(
            host ->
                ListCallsResponse.newBuilder()
                    .addAllCalls(host.calls().after(request.getAfter(), most))
                    .build());
  }
}
