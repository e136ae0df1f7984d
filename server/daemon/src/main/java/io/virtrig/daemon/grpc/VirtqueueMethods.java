package io.virtrig.daemon.grpc;

import io.grpc.ServerServiceDefinition;
import io.virtrig.emulator.hardware.vdpa.VirtqueueRun;
import io.virtrig.v1.BatchRunVirtqueuesRequest;
import io.virtrig.v1.BatchRunVirtqueuesResponse;
import io.virtrig.v1.RunVirtqueuesRequest;
import io.virtrig.v1.VirtqueueServiceGrpc;
import java.util.List;

/** The data path of virtio devices, which needs no host. */
final class VirtqueueMethods {
  private static final int MOST_TOGETHER = 64;

  private VirtqueueMethods() {}

  static ServerServiceDefinition service(Callers callers) {
    return new ServiceBinding(VirtqueueServiceGrpc.getServiceDescriptor(), callers)
        .plain(VirtqueueServiceGrpc.getRunVirtqueuesMethod(), VirtqueueRun::run)
        .plain(VirtqueueServiceGrpc.getBatchRunVirtqueuesMethod(), VirtqueueMethods::runAll)
        .build();
  }

  private static BatchRunVirtqueuesResponse runAll(BatchRunVirtqueuesRequest request) {
    List<RunVirtqueuesRequest> requests = request.getRequestsList();
    VirtqueueRun.requireTogether(requests);
    return BatchRunVirtqueuesResponse.newBuilder()
        .addAllRuns(Statuses.each(requests, MOST_TOGETHER, "devices", VirtqueueRun::run))
        .build();
  }
}
