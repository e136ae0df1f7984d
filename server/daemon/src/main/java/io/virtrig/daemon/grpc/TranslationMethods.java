package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.ServerServiceDefinition;
import io.virtrig.daemon.tenancy.Caller;
import io.virtrig.emulator.translation.DescriptorDecoding;
import io.virtrig.emulator.translation.ImageWalks;
import io.virtrig.v1.TranslationServiceGrpc;
import io.virtrig.v1.WalkRequest;
import io.virtrig.v1.WalkResponse;

/** The translation service. It changes nothing: it is no operation and is not journalled. */
final class TranslationMethods {

  private TranslationMethods() {}

  static ServerServiceDefinition service(Callers callers) {
    return new ServiceBinding(TranslationServiceGrpc.getServiceDescriptor(), callers)
        .method(TranslationServiceGrpc.getWalkMethod(), TranslationMethods::walk)
        .plain(TranslationServiceGrpc.getWalkImageMethod(), ImageWalks::walk)
        .plain(TranslationServiceGrpc.getDecodeDescriptorMethod(), DescriptorDecoding::decode)
        .build();
  }

  private static WalkResponse walk(Caller caller, WalkRequest request) {
    if (request.getHost().isEmpty()) {
      throw Statuses.daemon(Code.INVALID_ARGUMENT, "host: names no host");
    }
    return caller.tenant().hosts().get(request.getHost()).with(host -> host.walk(request));
  }
}
