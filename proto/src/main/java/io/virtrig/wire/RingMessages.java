package io.virtrig.wire;

import io.grpc.MethodDescriptor;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.RingResponse;
import io.virtrig.v1.RingServiceGrpc;

/** The ring's method for those who care how fast its messages are read: both of its ends. */
public final class RingMessages {
  /** {@code RingService.Ring}: the same bytes and the same messages as by protobuf's own way. */
  public static final MethodDescriptor<RingRequest, RingResponse> METHOD =
      RingServiceGrpc.getRingMethod().toBuilder(
              new RingRequests(RingServiceGrpc.getRingMethod().getRequestMarshaller()),
              new RingResponses(RingServiceGrpc.getRingMethod().getResponseMarshaller()))
          .build();

  private RingMessages() {}
}
