package io.virtrig.wire;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.util.ArrayList;
import java.util.List;

/**
 * Messages that hold each kind of message that they can, with nothing in them: who makes them has
 * loaded the vocabulary's classes.
 */
public final class EveryMessage {
  /** Some messages hold messages of their own kind. */
  private static final int DEEPEST = 6;

  private EveryMessage() {}

  /** The requests and the answers of a service. */
  public static List<Message> of(ServiceDescriptor service) {
    List<Message> messages = new ArrayList<>();
    for (MethodDescriptor<?, ?> method : service.getMethods()) {
      messages.add(in(Prototypes.request(method).newBuilderForType()));
      messages.add(in(Prototypes.response(method).newBuilderForType()));
    }
    return messages;
  }

  /** What a builder makes. */
  public static Message in(Message.Builder message) {
    return in(message, 0);
  }

  private static Message in(Message.Builder message, int depth) {
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && depth < DEEPEST) {
        Message inner = in(message.newBuilderForField(field), depth + 1);
        if (field.isRepeated()) {
          message.addRepeatedField(field, inner);
        } else {
          message.setField(field, inner);
        }
      }
    }
    return message.build();
  }
}
