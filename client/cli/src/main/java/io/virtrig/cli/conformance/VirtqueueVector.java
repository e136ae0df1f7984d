package io.virtrig.cli.conformance;

import static io.virtrig.cli.conformance.VectorFields.object;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.virtrig.client.json.UapiJson;
import io.virtrig.client.json.Variables;
import io.virtrig.v1.RunVirtqueuesRequest;
import java.util.List;
import java.util.Set;

/** A vector of virtqueues: a device, memory and kicks, and what becomes of them. */
final class VirtqueueVector {
  /** What says which vector it is, and what must come of it. */
  private static final Set<String> ABOUT = Set.of("id", "title", "why", "expect");

  private VirtqueueVector() {}

  /**
   * How the answer differs from what is expected.
   *
   * @throws io.virtrig.client.json.UnknownFieldException when the vocabulary lacks a field of it
   */
  static List<Difference> differences(JsonObject vector, Transport transport) {
    JsonObject given = vector.deepCopy();
    ABOUT.forEach(given::remove);
    RunVirtqueuesRequest.Builder request = RunVirtqueuesRequest.newBuilder();
    UapiJson.merge(given, request, Variables.NONE);
    return Matcher.differences(
        "expect", expectation(vector), transport.run(request.build()), Variables.NONE);
  }

  /** The kind of an error is a name for the reader; without one there must be none. */
  private static JsonObject expectation(JsonObject json) {
    JsonObject expect = object(json, "expect").deepCopy();
    if (expect.has("error")) {
      object(expect, "error").remove("kind");
    } else {
      expect.add("error", JsonNull.INSTANCE);
    }
    return expect;
  }
}
