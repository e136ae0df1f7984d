package io.virtrig.client.json;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import io.virtrig.v1.HostSpec;

/**
 * Converts between messages and JSON in the notation of the conformance cases.
 *
 * <p>Fields go by their uAPI names. An integer is a number, a string {@code "0x…"}, the name of a
 * uAPI constant, a list of names to be OR-ed, {@code "$variable"} or {@code "$variable+0x10"}.
 * Bytes are hexadecimal. Two fields understand words of their own: {@code prot} of mmap ({@code
 * "none"}, {@code "r"}, {@code "w"}, {@code "rw"}) and {@code rlimit_memlock} ({@code
 * "unlimited"}).
 */
public final class UapiJson {

  private UapiJson() {}

  /**
   * Sets the fields that the JSON names; others stay.
   *
   * @throws UnknownFieldException for a field the message does not have
   * @throws NotationException for a value the field cannot hold
   */
  public static void merge(JsonObject json, Message.Builder into, Variables variables) {
    new MessageReader(variables).read("", json, into);
  }

  /**
   * A host specification, as in the {@code host} of a case.
   *
   * @throws UnknownFieldException for a field the specification does not have
   * @throws NotationException for a value the field cannot hold
   */
  public static HostSpec hostSpec(JsonObject json) {
    HostSpec.Builder spec = HostSpec.newBuilder();
    merge(json, spec, Variables.NONE);
    return spec.build();
  }

  /**
   * The 64 bits of an integer field's value; of a narrower field sign-extended.
   *
   * @param path names the value in the exception
   * @throws NotationException for a value the field cannot hold
   */
  public static long integer(
      String path, FieldDescriptor field, JsonElement json, Variables variables) {
    return UapiInteger.parse(path, field, json, variables);
  }

  /** The message as JSON that {@link #merge} reads back. */
  public static JsonObject toJson(MessageOrBuilder message) {
    return MessageWriter.write(message);
  }
}
