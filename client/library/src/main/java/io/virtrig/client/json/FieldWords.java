package io.virtrig.client.json;

import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.Map;
import java.util.OptionalLong;

/** Words that one field alone understands, where the uAPI has no constant to write instead. */
final class FieldWords {

  private static final Map<String, Map<String, Long>> WORDS =
      Map.of(
          "virtrig.v1.MmapRequest.prot", Map.of("none", 0L, "r", 1L, "w", 2L, "rw", 3L),
          "virtrig.v1.ProcessRequest.rlimit_memlock", Map.of("unlimited", -1L));

  private FieldWords() {}

  static OptionalLong value(FieldDescriptor field, String word) {
    Long value = WORDS.getOrDefault(field.getFullName(), Map.of()).get(word);
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }
}
