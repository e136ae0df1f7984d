package io.virtrig.cli.conformance;

import com.google.gson.JsonElement;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.virtrig.client.json.UapiJson;
import java.util.List;

/** Values as a person compares them: numbers in both bases, messages as JSON. */
final class Rendering {

  private static final long SMALL = 10;

  private Rendering() {}

  static String of(FieldDescriptor field, Object value) {
    return switch (value) {
      case List<?> list -> list.stream().map(element -> of(field, element)).toList().toString();
      case Message message -> UapiJson.toJson(message).toString();
      case Number number -> integer(field, number.longValue());
      default -> value.toString();
    };
  }

  static String integer(FieldDescriptor field, long bits) {
    if (!isUnsigned(field)) {
      return bits > -SMALL && bits < SMALL
          ? Long.toString(bits)
          : "%d (0x%x)".formatted(bits, bits);
    }
    long unsigned =
        field.getJavaType() == FieldDescriptor.JavaType.INT
            ? Integer.toUnsignedLong((int) bits)
            : bits;
    if (unsigned >= 0 && unsigned < SMALL) {
      return Long.toString(unsigned);
    }
    return Long.toUnsignedString(unsigned) + " (0x" + Long.toHexString(unsigned) + ")";
  }

  /** What the case says and, unless that is the number itself, what it comes to. */
  static String expected(FieldDescriptor field, JsonElement written, long value) {
    boolean plain = written.isJsonPrimitive() && written.getAsJsonPrimitive().isNumber();
    return plain ? integer(field, value) : written + " = " + integer(field, value);
  }

  static boolean isUnsigned(FieldDescriptor field) {
    return switch (field.getType()) {
      case UINT32, UINT64 -> true;
      default -> false;
    };
  }
}
