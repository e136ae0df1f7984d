package io.virtrig.cli.conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import io.virtrig.client.json.UapiJson;
import io.virtrig.client.json.Variables;
import io.virtrig.v1.GuestIrqsResponse;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Compares maps whose keys are numbers. Registers of a controller are compared as listed, for the
 * others exist too. Counts of interrupts are compared whole: a GSI that is not listed had none.
 */
final class MapMatcher {

  private static final Descriptor COUNTS = GuestIrqsResponse.getDescriptor();

  private MapMatcher() {}

  static void match(
      Matcher matcher, String path, FieldDescriptor field, JsonElement expected, Message owner) {
    FieldDescriptor keyField = field.getMessageType().findFieldByName("key");
    FieldDescriptor valueField = field.getMessageType().findFieldByName("value");
    Map<Long, Object> got = entries(keyField, valueField, (List<?>) owner.getField(field));
    Map<Long, Object> unlisted = new TreeMap<>(got);
    for (Map.Entry<String, JsonElement> member : Matcher.object(path, expected).entrySet()) {
      String at = path + "." + member.getKey();
      long key = UapiJson.integer(at, keyField, new JsonPrimitive(member.getKey()), Variables.NONE);
      unlisted.remove(key);
      matcher.value(at, valueField, member.getValue(), got.getOrDefault(key, absent(valueField)));
    }
    if (field.getContainingType() == COUNTS) {
      unlisted.values().removeIf(count -> count.equals(0L));
      unlisted.forEach((key, count) -> matcher.differ(path + "." + key, "none", count));
    }
  }

  private static Object absent(FieldDescriptor valueField) {
    return valueField.getJavaType() == FieldDescriptor.JavaType.MESSAGE
        ? DynamicMessage.getDefaultInstance(valueField.getMessageType())
        : (Object) 0L;
  }

  private static Map<Long, Object> entries(
      FieldDescriptor keyField, FieldDescriptor valueField, List<?> list) {
    Map<Long, Object> entries = new TreeMap<>();
    for (Object element : list) {
      Message entry = (Message) element;
      entries.put(
          ((Number) entry.getField(keyField)).longValue(),
          entry.getField(valueField) instanceof Number number
              ? (Object) number.longValue()
              : entry.getField(valueField));
    }
    return entries;
  }
}
