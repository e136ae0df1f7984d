package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.ServerServiceDefinition;
import io.virtrig.daemon.hosts.HostRegistry;
import io.virtrig.emulator.translation.DescriptorDecoding;
import io.virtrig.emulator.translation.ImageWalks;
import io.virtrig.v1.TranslationServiceGrpc;
import io.virtrig.v1.WalkRequest;
import io.virtrig.v1.WalkResponse;

/** The translation service. It changes nothing: it is no operation and is not journalled. */
final class TranslationMethods {
  private final HostRegistry hosts;

  TranslationMethods(HostRegistry hosts) {
    this.hosts = hosts;
  }

  ServerServiceDefinition service() {
    return new ServiceBinding(TranslationServiceGrpc.getServiceDescriptor())
        .method(TranslationServiceGrpc.getWalkMethod(), this::walk)
        .method(TranslationServiceGrpc.getWalkImageMethod(), ImageWalks::walk)
        .method(TranslationServiceGrpc.getDecodeDescriptorMethod(), DescriptorDecoding::decode)
        .build();
  }

  private WalkResponse walk(WalkRequest request) {
    if (request.getHost().isEmpty()) {
      throw Statuses.daemon(Code.INVALID_ARGUMENT, "host: names no host");
    }
    return hosts.get(request.getHost()).with(host -> host.walk(request));
  }
}
