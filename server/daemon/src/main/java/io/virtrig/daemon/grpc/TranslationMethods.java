package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.ServerServiceDefinition;
import io.virtrig.daemon.tenancy.Caller;
import io.virtrig.emulator.translation.DescriptorDecoding;
import io.virtrig.emulator.translation.ImageWalks;
import io.virtrig.v1.BatchDecodeDescriptorsRequest;
import io.virtrig.v1.BatchDecodeDescriptorsResponse;
import io.virtrig.v1.BatchWalkImagesRequest;
import io.virtrig.v1.BatchWalkImagesResponse;
import io.virtrig.v1.TranslationServiceGrpc;
import io.virtrig.v1.WalkImageRequest;
import io.virtrig.v1.WalkRequest;
import io.virtrig.v1.WalkResponse;
import java.util.List;

/** The translation service. It changes nothing: it is no operation and is not journalled. */
final class TranslationMethods {
  private static final int MOST_IMAGES = 64;
  private static final int MOST_DESCRIPTORS = 1024;

  private TranslationMethods() {}

  static ServerServiceDefinition service(Callers callers) {
    return new ServiceBinding(TranslationServiceGrpc.getServiceDescriptor(), callers)
        .method(TranslationServiceGrpc.getWalkMethod(), TranslationMethods::walk)
        .plain(TranslationServiceGrpc.getWalkImageMethod(), ImageWalks::walk)
        .plain(TranslationServiceGrpc.getBatchWalkImagesMethod(), TranslationMethods::walkAll)
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

  private static BatchWalkImagesResponse walkAll(BatchWalkImagesRequest request) {
    List<WalkImageRequest> requests = request.getRequestsList();
    ImageWalks.requireTogether(requests);
    return BatchWalkImagesResponse.newBuilder()
        .addAllImages(Statuses.each(requests, MOST_IMAGES, "images", ImageWalks::walk))
        .build();
  }

  private static BatchDecodeDescriptorsResponse decodeAll(BatchDecodeDescriptorsRequest request) {
    return BatchDecodeDescriptorsResponse.newBuilder()
        .addAllDescriptors(
            Statuses.each(
                request.getRequestsList(),
                MOST_DESCRIPTORS,
                "descriptors",
                DescriptorDecoding::decode))
        .build();
  }
}
