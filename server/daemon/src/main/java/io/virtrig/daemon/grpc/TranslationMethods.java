package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.ServerServiceDefinition;
import io.virtrig.daemon.tenancy.Caller;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.translation.DescriptorDecoding;
import io.virtrig.emulator.translation.ImageWalks;
import io.virtrig.v1.BatchDecodeDescriptorsRequest;
import io.virtrig.v1.BatchDecodeDescriptorsResponse;
import io.virtrig.v1.TranslationServiceGrpc;
import io.virtrig.v1.WalkRequest;
import io.virtrig.v1.WalkResponse;

/** The translation service. It changes nothing: it is no operation and is not journalled. */
final class TranslationMethods {

  private static final int MOST_TOGETHER = 1024;

  private TranslationMethods() {}

  static ServerServiceDefinition service(Callers callers) {
    return new ServiceBinding(TranslationServiceGrpc.getServiceDescriptor(), callers)
        .method(TranslationServiceGrpc.getWalkMethod(), TranslationMethods::walk)
        .plain(TranslationServiceGrpc.getWalkImageMethod(), ImageWalks::walk)
        .plain(TranslationServiceGrpc.getDecodeDescriptorMethod(), DescriptorDecoding::decode)
        .plain(
            TranslationServiceGrpc.getBatchDecodeDescriptorsMethod(), TranslationMethods::decodeAll)
        .build();
  }

  private static WalkResponse walk(Caller caller, WalkRequest request) {
    if (request.getHost().isEmpty()) {
      throw Statuses.daemon(Code.INVALID_ARGUMENT, "host: names no host");
    }
    return caller.tenant().hosts().get(request.getHost()).with(host -> host.walk(request));
  }

  private static BatchDecodeDescriptorsResponse decodeAll(BatchDecodeDescriptorsRequest request) {
    int count = request.getRequestsCount();
    Statuses.requireTogether("requests", count, MOST_TOGETHER, "descriptors");
    BatchDecodeDescriptorsResponse.Builder response = BatchDecodeDescriptorsResponse.newBuilder();
    for (int i = 0; i < count; i++) {
      try {
        response.addDescriptors(DescriptorDecoding.decode(request.getRequests(i)));
      } catch (Refused e) {
        throw Statuses.at("requests[" + i + "]", Statuses.of(e));
      }
    }
    return response.build();
  }
}
