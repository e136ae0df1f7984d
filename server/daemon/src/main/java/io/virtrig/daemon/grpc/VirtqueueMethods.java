package io.virtrig.daemon.grpc;

import io.grpc.ServerServiceDefinition;
import io.virtrig.emulator.hardware.vdpa.VirtqueueRun;
import io.virtrig.v1.VirtqueueServiceGrpc;

/** The data path of virtio devices, which needs no host. */
final class VirtqueueMethods {

  private VirtqueueMethods() {}

  static ServerServiceDefinition service(Callers callers) {
    return new ServiceBinding(VirtqueueServiceGrpc.getServiceDescriptor(), callers)
        .plain(VirtqueueServiceGrpc.getRunVirtqueuesMethod(), VirtqueueRun::run)
        .build();
  }
}
