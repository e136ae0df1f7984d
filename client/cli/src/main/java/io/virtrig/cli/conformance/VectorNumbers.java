package io.virtrig.cli.conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

/** Numbers of vectors: decimal, or hexadecimal in a string. */
final class VectorNumbers {

  private VectorNumbers() {}

  static long number(JsonElement element) {
    String text = element.getAsString();
    return text.startsWith("0x")
        ? Long.parseUnsignedLong(text.substring(2), 16)
        : Long.parseLong(text);
  }

  static long number(JsonObject json, String field, long otherwise) {
    return json.has(field) ? number(json.get(field)) : otherwise;
  }

  static boolean flag(JsonObject json, String field) {
    return json.has(field) && json.get(field).getAsBoolean();
  }

  static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}
