package io.virtrig.client.json;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The members of messages by name. A descriptor puts together the full name for each member that it
 * is asked for.
 */
final class Members {
  private static final Map<Descriptor, Map<String, FieldDescriptor>> KNOWN =
      new ConcurrentHashMap<>();

  private Members() {}

  /** The member of that name; null when there is none. */
  static @Nullable FieldDescriptor of(Descriptor message, String name) {
    Map<String, FieldDescriptor> members = KNOWN.get(message);
    if (members == null) {
      members = byName(message);
      KNOWN.put(message, members);
    }
    return members.get(name);
  }

  private static Map<String, FieldDescriptor> byName(Descriptor message) {
    Map<String, FieldDescriptor> members = new HashMap<>();
    for (FieldDescriptor member : message.getFields()) {
      members.put(member.getName(), member);
    }
    return members;
  }
}
