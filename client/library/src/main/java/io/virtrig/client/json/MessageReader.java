package io.virtrig.client.json;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.Map;

/** Fills a message from JSON, field by field as the descriptor says. */
final class MessageReader {

  private final Variables variables;

  MessageReader(Variables variables) {
    this.variables = variables;
  }

  void read(String path, JsonObject json, Message.Builder into) {
    for (Map.Entry<String, JsonElement> member : json.entrySet()) {
      String at = path.isEmpty() ? member.getKey() : path + "." + member.getKey();
      FieldDescriptor field = Members.of(into.getDescriptorForType(), member.getKey());
      if (field == null) {
        throw new UnknownFieldException(at, into.getDescriptorForType().getName());
      }
      readField(at, field, member.getValue(), into);
    }
  }

  private void readField(
      String path, FieldDescriptor field, JsonElement json, Message.Builder into) {
    if (field.isMapField()) {
      readMap(path, field, json, into);
    } else if (field.isRepeated()) {
      readList(path, field, json, into);
    } else {
      into.setField(field, value(path, field, json, into));
    }
  }

  private void readList(
      String path, FieldDescriptor field, JsonElement json, Message.Builder into) {
    if (!json.isJsonArray()) {
      throw new NotationException(path, "expected a list, got " + json);
    }
    into.clearField(field);
    int index = 0;
    for (JsonElement element : json.getAsJsonArray()) {
      into.addRepeatedField(field, value(path + "[" + index++ + "]", field, element, into));
    }
  }

  private void readMap(String path, FieldDescriptor field, JsonElement json, Message.Builder into) {
    FieldDescriptor keyField = field.getMessageType().findFieldByName("key");
    FieldDescriptor valueField = field.getMessageType().findFieldByName("value");
    into.clearField(field);
    for (Map.Entry<String, JsonElement> member : object(path, json).entrySet()) {
      String at = path + "." + member.getKey();
      Message.Builder entry = into.newBuilderForField(field);
      entry.setField(keyField, value(at, keyField, new JsonPrimitive(member.getKey()), entry));
      entry.setField(valueField, value(at, valueField, member.getValue(), entry));
      into.addRepeatedField(field, entry.build());
    }
  }

  private Object value(
      String path, FieldDescriptor field, JsonElement json, Message.Builder owner) {
    return switch (field.getJavaType()) {
      case INT, LONG -> Scalars.boxed(field, UapiInteger.parse(path, field, json, variables));
      case BOOLEAN -> bool(path, json);
      case STRING -> string(path, json);
      case BYTE_STRING -> bytes(path, json);
      case ENUM -> enumValue(path, field, json);
      case MESSAGE -> message(path, json, owner.newBuilderForField(field));
      case FLOAT, DOUBLE -> throw new NotationException(path, "the notation has no fractions");
    };
  }

  private Message message(String path, JsonElement json, Message.Builder into) {
    read(path, object(path, json), into);
    return into.build();
  }

  private static JsonObject object(String path, JsonElement json) {
    if (!json.isJsonObject()) {
      throw new NotationException(path, "expected an object, got " + json);
    }
    return json.getAsJsonObject();
  }

  private static boolean bool(String path, JsonElement json) {
    if (json instanceof JsonPrimitive && json.getAsJsonPrimitive().isBoolean()) {
      return json.getAsBoolean();
    }
    throw new NotationException(path, "expected true or false, got " + json);
  }

  private static String string(String path, JsonElement json) {
    if (json instanceof JsonPrimitive && json.getAsJsonPrimitive().isString()) {
      return json.getAsString();
    }
    throw new NotationException(path, "expected a string, got " + json);
  }

  private static ByteString bytes(String path, JsonElement json) {
    try {
      return ByteString.copyFrom(Scalars.HEX.parseHex(string(path, json)));
    } catch (IllegalArgumentException e) {
      if (e instanceof NotationException) {
        throw e;
      }
      NotationException wrong =
          new NotationException(path, "expected bytes in hexadecimal, two digits each: " + json);
      wrong.initCause(e);
      throw wrong;
    }
  }

  private static EnumValueDescriptor enumValue(
      String path, FieldDescriptor field, JsonElement json) {
    EnumValueDescriptor value = field.getEnumType().findValueByName(string(path, json));
    if (value == null) {
      throw new NotationException(path, field.getEnumType().getName() + " has no " + json);
    }
    return value;
  }
}
