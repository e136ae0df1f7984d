package io.virtrig.cli.conformance;

import static io.virtrig.cli.conformance.VectorFields.number;
import static io.virtrig.cli.conformance.VectorFields.object;
import static io.virtrig.cli.conformance.VectorFields.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.virtrig.v1.DecodeDescriptorRequest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** A descriptor of the invalidation queue, and what must be made of it. */
final class DescriptorVector {

  private DescriptorVector() {}

  static List<String> differences(JsonObject vector, Transport transport) {
    List<String> differences = new ArrayList<>();
    for (String column : List.of("expect", "viommu")) {
      if (vector.has(column)) {
        boolean viommu = column.equals("viommu");
        Message got = transport.decodeDescriptor(request(vector, viommu));
        JsonObject expected = object(vector, column);
        if (!(viommu && expected.has("undefined"))) {
          compare(column, expected, got, differences);
        }
      }
    }
    return differences;
  }

  private static DecodeDescriptorRequest request(JsonObject vector, boolean viommu) {
    return DecodeDescriptorRequest.newBuilder()
        .setBytes(ByteString.copyFrom(HexFormat.of().parseHex(text(vector, "desc"))))
        .setWidth((int) number(vector, "width", 128))
        .setViommu(viommu)
        .build();
  }

  /** Every field expected is there with its value, and no other but the explanation. */
  private static void compare(
      String path, JsonObject expected, Message got, List<String> differences) {
    for (Map.Entry<String, JsonElement> field : expected.entrySet()) {
      FieldDescriptor known = got.getDescriptorForType().findFieldByName(field.getKey());
      String where = path + "." + field.getKey();
      if (known == null) {
        differences.add(where + ": the API has no such field");
      } else if (field.getValue().isJsonNull()) {
        if (got.hasField(known)) {
          differences.add(where + ": expected nothing, got " + got.getField(known));
        }
      } else if (field.getValue().isJsonObject() && got.getField(known) instanceof Message inner) {
        compare(where, field.getValue().getAsJsonObject(), inner, differences);
      } else if (isAbsent(got, known)
          || !same(field.getKey(), field.getValue(), got.getField(known))) {
        differences.add(where + ": expected " + field.getValue() + ", got " + got.getField(known));
      }
    }
    for (FieldDescriptor set : got.getAllFields().keySet()) {
      if (!expected.has(set.getName()) && !set.getName().equals("explanation")) {
        differences.add(path + "." + set.getName() + ": not expected: " + got.getField(set));
      }
    }
  }

  private static boolean isAbsent(Message got, FieldDescriptor field) {
    return field.hasPresence() && !got.hasField(field);
  }

  private static boolean same(String name, JsonElement expected, Object got) {
    return switch (got) {
      case Boolean flag -> flag.toString().equals(text(name, expected));
      case Integer number -> Integer.toUnsignedLong(number) == number(name, expected);
      case Long number -> number == number(name, expected);
      default -> got.toString().equals(text(name, expected));
    };
  }
}
