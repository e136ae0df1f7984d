package io.virtrig.cli.conformance;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.grpc.StatusRuntimeException;
import io.virtrig.cli.conformance.CaseLine.Vector;
import io.virtrig.cli.conformance.Outcome.Failed;
import io.virtrig.cli.conformance.Outcome.Passed;
import io.virtrig.cli.conformance.Outcome.Unsupported;
import io.virtrig.client.RefusalException;
import io.virtrig.client.json.UapiJson;
import io.virtrig.client.json.UnknownFieldException;
import io.virtrig.client.json.Variables;
import io.virtrig.v1.RunVirtqueuesRequest;
import java.util.List;
import java.util.Set;

/** One run of a vector. Those of virtqueues are known by their kicks; others are not supported. */
final class VectorRun {
  private static final String KICKS = "kicks";

  /** What says which vector it is, and what must come of it. */
  private static final Set<String> ABOUT = Set.of("id", "title", "why", "expect");

  private VectorRun() {}

  static Outcome run(Vector vector, Transport transport) {
    JsonObject json = vector.json();
    if (!json.has(KICKS) || !json.has("expect")) {
      return new Unsupported("a vector of a kind that is not known");
    }
    try {
      JsonObject given = json.deepCopy();
      ABOUT.forEach(given::remove);
      RunVirtqueuesRequest.Builder request = RunVirtqueuesRequest.newBuilder();
      UapiJson.merge(given, request, Variables.NONE);
      List<Difference> differences =
          Matcher.differences(
              "expect", expectation(json), transport.run(request.build()), Variables.NONE);
      return differences.isEmpty()
          ? new Passed()
          : new Failed("not what was expected", List.of(), differences);
    } catch (UnknownFieldException e) {
      return new Unsupported(String.valueOf(e.getMessage()));
    } catch (RefusalException e) {
      return failed("the daemon refuses: " + e.getMessage());
    } catch (StatusRuntimeException e) {
      return failed("the call failed: " + e.getStatus());
    } catch (IllegalArgumentException | IllegalStateException | UnsupportedOperationException e) {
      return failed("cannot go on: " + e.getMessage());
    }
  }

  /** The kind of an error is a name for the reader; without one there must be none. */
  private static JsonObject expectation(JsonObject json) {
    JsonObject expect = json.getAsJsonObject("expect").deepCopy();
    if (expect.has("error")) {
      expect.getAsJsonObject("error").remove("kind");
    } else {
      expect.add("error", JsonNull.INSTANCE);
    }
    return expect;
  }

  private static Failed failed(String problem) {
    return new Failed(problem, List.of(), List.of());
  }
}
