package io.virtrig.client.json;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import java.util.List;

/**
 * Writes a message as JSON. An integer or bool that has no presence is written even when 0, as a
 * caller sees every field of a struct; other fields that are not set are left out.
 */
final class MessageWriter {

  private MessageWriter() {}

  static JsonObject write(MessageOrBuilder message) {
    JsonObject json = new JsonObject();
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      if (isWritten(message, field)) {
        json.add(field.getName(), fieldValue(field, message.getField(field)));
      }
    }
    return json;
  }

  private static boolean isWritten(MessageOrBuilder message, FieldDescriptor field) {
    if (field.isRepeated()) {
      return message.getRepeatedFieldCount(field) > 0;
    }
    boolean plainNumber =
        Scalars.isInteger(field) || field.getJavaType() == FieldDescriptor.JavaType.BOOLEAN;
    return message.hasField(field) || (plainNumber && !field.hasPresence());
  }

  private static JsonElement fieldValue(FieldDescriptor field, Object value) {
    if (field.isMapField()) {
      return map(field, (List<?>) value);
    }
    if (!field.isRepeated()) {
      return single(field, value);
    }
    JsonArray list = new JsonArray();
    for (Object element : (List<?>) value) {
      list.add(single(field, element));
    }
    return list;
  }

  private static JsonObject map(FieldDescriptor field, List<?> entries) {
    FieldDescriptor keyField = field.getMessageType().findFieldByName("key");
    FieldDescriptor valueField = field.getMessageType().findFieldByName("value");
    JsonObject json = new JsonObject();
    entries.stream()
        .map(Message.class::cast)
        .forEach(
            entry ->
                json.add(
                    single(keyField, entry.getField(keyField)).getAsString(),
                    single(valueField, entry.getField(valueField))));
    return json;
  }

  private static JsonElement single(FieldDescriptor field, Object value) {
    return switch (field.getJavaType()) {
      case INT, LONG -> integer(Scalars.readable(field, value));
      case BOOLEAN -> new JsonPrimitive((Boolean) value);
      case FLOAT, DOUBLE -> new JsonPrimitive((Number) value);
      case STRING -> new JsonPrimitive((String) value);
      case BYTE_STRING -> new JsonPrimitive(Scalars.hex((ByteString) value));
      case ENUM -> new JsonPrimitive(Scalars.enumName(value));
      case MESSAGE -> write((Message) value);
    };
  }

  private static JsonPrimitive integer(Object readable) {
    return readable instanceof Number
        ? new JsonPrimitive((Number) readable)
        : new JsonPrimitive((String) readable);
  }
}
