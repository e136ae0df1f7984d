package io.virtrig.cli.conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.virtrig.client.json.NotationException;
import io.virtrig.client.json.UapiJson;
import io.virtrig.client.json.Variables;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Compares a message with the {@code out} of a case. Only the fields that the case lists are
 * compared, in nested messages too; a field that the message does not carry counts as 0 or empty.
 */
final class Matcher {
  private static final String UNORDERED = "_unordered";

  private final Variables variables;
  private final List<Difference> differences = new ArrayList<>();

  private Matcher(Variables variables) {
    this.variables = variables;
  }

  /**
   * What differs.
   *
   * @throws NotationException when the expectation is not one that the field could meet
   */
  static List<Difference> differences(
      String path, JsonObject expected, Message got, Variables variables) {
    Matcher matcher = new Matcher(variables);
    matcher.message(path, expected, got);
    return matcher.differences;
  }

  /**
   * What differs in one integer.
   *
   * @param field gives the type
   * @throws NotationException when the expectation is not one that the field could meet
   */
  static List<Difference> differences(
      String path, FieldDescriptor field, JsonElement expected, long got, Variables variables) {
    Matcher matcher = new Matcher(variables);
    matcher.integer(path, field, expected, got);
    return matcher.differences;
  }

  private void message(String path, JsonObject expected, Message got) {
    for (Map.Entry<String, JsonElement> member : expected.entrySet()) {
      String at = path + "." + member.getKey();
      FieldDescriptor field = got.getDescriptorForType().findFieldByName(member.getKey());
      if (field == null && unordered(at, member.getKey(), member.getValue(), got)) {
        continue;
      }
      if (field == null) {
        differ(at, member.getValue(), got.getDescriptorForType().getName() + " has no such field");
      } else if (member.getValue().isJsonNull()) {
        absent(at, field, got);
      } else if (field.isMapField()) {
        MapMatcher.match(this, at, field, member.getValue(), got);
      } else if (field.isRepeated()) {
        repeated(at, field, member.getValue(), (List<?>) got.getField(field));
      } else {
        value(at, field, member.getValue(), got.getField(field));
      }
    }
  }

  /** A list named {@code x_unordered} is the list {@code x} in whichever order. */
  private boolean unordered(String path, String name, JsonElement expected, Message got) {
    FieldDescriptor field =
        name.endsWith(UNORDERED)
            ? got.getDescriptorForType()
                .findFieldByName(name.substring(0, name.length() - UNORDERED.length()))
            : null;
    if (field == null || !field.isRepeated() || !expected.isJsonArray()) {
      return false;
    }
    List<?> elements = (List<?>) got.getField(field);
    List<JsonElement> wanted = expected.getAsJsonArray().asList();
    if (elements.size() != wanted.size()
        || !canPair(path, field, wanted, 0, elements, new BitSet())) {
      differ(path, wanted, Rendering.of(field, elements));
    }
    return true;
  }

  /** Whether every expected element from one on can have an element of its own. */
  private boolean canPair(
      String path,
      FieldDescriptor field,
      List<JsonElement> wanted,
      int first,
      List<?> got,
      BitSet taken) {
    if (first == wanted.size()) {
      return true;
    }
    for (int i = 0; i < got.size(); i++) {
      Matcher alone = new Matcher(variables);
      if (taken.get(i)) {
        continue;
      }
      alone.value(path, field, wanted.get(first), got.get(i));
      if (alone.differences.isEmpty()) {
        taken.set(i);
        if (canPair(path, field, wanted, first + 1, got, taken)) {
          return true;
        }
        taken.clear(i);
      }
    }
    return false;
  }

  private void absent(String path, FieldDescriptor field, Message got) {
    boolean present =
        field.isRepeated() ? got.getRepeatedFieldCount(field) > 0 : got.hasField(field);
    if (present) {
      differ(path, "nothing", Rendering.of(field, got.getField(field)));
    }
  }

  private void repeated(String path, FieldDescriptor field, JsonElement expected, List<?> got) {
    if (expected.isJsonArray()) {
      elements(path, field, expected.getAsJsonArray().asList(), got);
    } else if (expected.isJsonObject() && expected.getAsJsonObject().has("len")) {
      length(path, expected.getAsJsonObject(), got.size());
    } else if (expected.isJsonObject() && Capabilities.isChain(field)) {
      Capabilities.byName(expected.getAsJsonObject(), got)
          .forEach(
              (name, capability) ->
                  capability(path + "." + name, expected.getAsJsonObject().get(name), capability));
    } else {
      throw new IllegalArgumentException(path + ": a list cannot be compared with " + expected);
    }
  }

  private void capability(String path, JsonElement expected, List<Message> found) {
    if (expected.isJsonNull()) {
      found.forEach(capability -> differ(path, "not in the chain", UapiJson.toJson(capability)));
    } else if (found.isEmpty()) {
      differ(path, expected, "not in the chain");
    } else {
      message(path, expected.getAsJsonObject(), found.getFirst());
    }
  }

  private void elements(
      String path, FieldDescriptor field, List<JsonElement> expected, List<?> got) {
    if (expected.size() != got.size()) {
      differ(
          path,
          expected.size() + " elements " + expected,
          got.size() + " " + Rendering.of(field, got));
      return;
    }
    for (int i = 0; i < got.size(); i++) {
      value(path + "[" + i + "]", field, expected.get(i), got.get(i));
    }
  }

  void value(String path, FieldDescriptor field, JsonElement expected, Object got) {
    switch (field.getJavaType()) {
      case INT, LONG -> integer(path, field, expected, ((Number) got).longValue());
      case MESSAGE -> message(path, object(path, expected), (Message) got);
      case BYTE_STRING -> bytes(path, expected, (ByteString) got);
      default -> {
        if (!expected.isJsonPrimitive() || !expected.getAsString().equals(got.toString())) {
          differ(path, expected, got);
        }
      }
    }
  }

  private void bytes(String path, JsonElement expected, ByteString got) {
    if (expected.isJsonObject()) {
      length(path, expected.getAsJsonObject(), got.size());
      return;
    }
    String hex = HexFormat.of().formatHex(got.toByteArray());
    if (!expected.getAsString().equals(hex)) {
      differ(path, expected.getAsString(), hex.isEmpty() ? "no bytes" : hex);
    }
  }

  private void length(String path, JsonObject expected, int got) {
    if (!expected.keySet().equals(Set.of("len"))) {
      throw new IllegalArgumentException(
          path + ": only \"len\" can be asked of it, not " + expected);
    }
    if (expected.get("len").getAsInt() != got) {
      differ(path, expected, "length " + got);
    }
  }

  private void integer(String path, FieldDescriptor field, JsonElement expected, long got) {
    if (!expected.isJsonObject()) {
      long wanted = UapiJson.integer(path, field, expected, variables);
      if (wanted != got) {
        differ(path, Rendering.expected(field, expected, wanted), Rendering.integer(field, got));
      }
      return;
    }
    for (Map.Entry<String, JsonElement> condition : expected.getAsJsonObject().entrySet()) {
      long operand = UapiJson.integer(path, field, condition.getValue(), variables);
      if (!holds(path, condition.getKey(), field, got, operand)) {
        differ(path, expected, Rendering.integer(field, got));
      }
    }
  }

  private static boolean holds(
      String path, String condition, FieldDescriptor field, long got, long operand) {
    return switch (condition) {
      case "ge" -> compare(field, got, operand) >= 0;
      case "le" -> compare(field, got, operand) <= 0;
      case "has" -> (got & operand) == operand;
      case "lacks" -> (got & operand) == 0;
      default ->
          throw new IllegalArgumentException(
              path + ": no condition is called \"" + condition + "\"");
    };
  }

  private static int compare(FieldDescriptor field, long left, long right) {
    return Rendering.isUnsigned(field)
        ? Long.compareUnsigned(left, right)
        : Long.compare(left, right);
  }

  static JsonObject object(String path, JsonElement expected) {
    if (!expected.isJsonObject()) {
      throw new IllegalArgumentException(path + ": an object cannot be compared with " + expected);
    }
    return expected.getAsJsonObject();
  }

  void differ(String path, Object expected, Object got) {
    differences.add(new Difference(path, expected.toString(), got.toString()));
  }
}
