package io.virtrig.client.json;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.HexFormat;

/** Single values of fields: their width and signedness, and how they look in JSON. */
final class Scalars {

  static final HexFormat HEX = HexFormat.of();

  /** The largest integer that every JSON reader keeps exactly. */
  private static final long MAX_EXACT = (1L << 53) - 1;

  private Scalars() {}

  static boolean isInteger(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.INT
        || field.getJavaType() == FieldDescriptor.JavaType.LONG;
  }

  static int width(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.INT ? Integer.SIZE : Long.SIZE;
  }

  static boolean isUnsigned(FieldDescriptor field) {
    return switch (field.getType()) {
      case UINT32, UINT64, FIXED32, FIXED64 -> true;
      default -> false;
    };
  }

  /** The value as the object that protobuf's reflection wants, from 64 bits. */
  static Object boxed(FieldDescriptor field, long bits) {
    if (width(field) == Integer.SIZE) {
      return (int) bits;
    }
    return bits;
  }

  /**
   * A field's integer value for a reader of JSON: a number, or {@code 0x} text where a number would
   * lose digits.
   */
  static Object readable(FieldDescriptor field, Object value) {
    long bits = ((Number) value).longValue();
    if (!isUnsigned(field)) {
      return bits;
    }
    if (width(field) == Integer.SIZE) {
      return Integer.toUnsignedLong((int) bits);
    }
    if (bits < 0 || bits > MAX_EXACT) {
      return "0x" + Long.toHexString(bits);
    }
    return bits;
  }

  static String hex(ByteString bytes) {
    return HEX.formatHex(bytes.toByteArray());
  }

  static String enumName(Object value) {
    return ((EnumValueDescriptor) value).getName();
  }
}
