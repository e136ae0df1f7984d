package io.virtrig.cli.conformance;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;

/**
 * The fields of vectors; their numbers are decimal, or hexadecimal in a string. What is missing or
 * of another kind is refused by its name.
 */
final class VectorFields {

  private VectorFields() {}

  static JsonObject object(JsonObject json, String field) {
    return object(field, member(json, field));
  }

  static JsonObject object(String name, JsonElement json) {
    if (!json.isJsonObject()) {
      throw new JsonParseException("\"" + name + "\" is no object");
    }
    return json.getAsJsonObject();
  }

  static JsonArray list(JsonObject json, String field) {
    return list(field, member(json, field));
  }

  static JsonArray list(String name, JsonElement json) {
    if (!json.isJsonArray()) {
      throw new JsonParseException("\"" + name + "\" is no list");
    }
    return json.getAsJsonArray();
  }

  static String text(JsonObject json, String field) {
    return text(field, member(json, field));
  }

  static long number(JsonObject json, String field) {
    return number(field, member(json, field));
  }

  static long number(JsonObject json, String field, long otherwise) {
    return json.has(field) ? number(json, field) : otherwise;
  }

  static long number(String name, JsonElement json) {
    String text = text(name, json);
    try {
      return text.startsWith("0x")
          ? Long.parseUnsignedLong(text.substring(2), 16)
          : Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new JsonParseException("\"" + name + "\" is no number: " + text, e);
    }
  }

  static boolean flag(JsonObject json, String field) {
    return json.has(field) && text(json, field).equals("true");
  }

  static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }

  private static JsonElement member(JsonObject json, String field) {
    JsonElement member = json.get(field);
    if (member == null) {
      throw new JsonParseException("there is no \"" + field + "\"");
    }
    return member;
  }

  static String text(String name, JsonElement json) {
    if (!json.isJsonPrimitive()) {
      throw new JsonParseException(
          "\"" + name + "\" is a " + (json.isJsonNull() ? "null" : "list or object"));
    }
    return json.getAsString();
  }
}
