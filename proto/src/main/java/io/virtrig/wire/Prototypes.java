package io.virtrig.wire;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;

/** What methods of the vocabulary take and give, with nothing in it. */
public final class Prototypes {

  private Prototypes() {}

  /** An empty request of a method. */
  public static Message request(MethodDescriptor<?, ?> method) {
    return of(method.getRequestMarshaller());
  }

  /** An empty response of a method. */
  public static Message response(MethodDescriptor<?, ?> method) {
    return of(method.getResponseMarshaller());
  }

  private static Message of(MethodDescriptor.Marshaller<?> marshaller) {
    return (Message) ((PrototypeMarshaller<?>) marshaller).getMessagePrototype();
  }
}
