package io.virtrig.cli.conformance;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import io.virtrig.client.json.UapiJson;
import io.virtrig.client.json.Variables;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Capability chains, whose members cases may name by the constant of their id. */
final class Capabilities {

  /** Names whose number depends on the kernel, with the field that no other capability has. */
  private static final Map<String, String> BY_CONTENT =
      Map.of("VFIO_IOMMU_TYPE1_INFO_CAP_NESTING", "info");

  private Capabilities() {}

  /** Whether the field is a chain: messages that each have an id. */
  static boolean isChain(FieldDescriptor field) {
    return field.getJavaType() == JavaType.MESSAGE
        && field.getMessageType().findFieldByName("id") != null;
  }

  /** For each name that the case lists, the chain's capabilities of that id. */
  static Map<String, List<Message>> byName(JsonObject expected, List<?> chain) {
    Map<String, List<Message>> found = new LinkedHashMap<>();
    for (String name : expected.keySet()) {
      found.put(
          name,
          chain.stream().map(Message.class::cast).filter(each -> isNamed(each, name)).toList());
    }
    return found;
  }

  private static boolean isNamed(Message capability, String name) {
    String content = BY_CONTENT.get(name);
    if (content != null) {
      return capability.hasField(capability.getDescriptorForType().findFieldByName(content));
    }
    FieldDescriptor id = capability.getDescriptorForType().findFieldByName("id");
    long named = UapiJson.integer(name, id, new JsonPrimitive(name), Variables.NONE);
    return ((Number) capability.getField(id)).longValue() == named;
  }
}
