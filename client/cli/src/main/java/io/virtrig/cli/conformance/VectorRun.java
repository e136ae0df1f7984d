package io.virtrig.cli.conformance;

import com.google.gson.JsonParseException;
import io.grpc.StatusRuntimeException;
import io.virtrig.cli.conformance.CaseLine.Vector;
import io.virtrig.cli.conformance.Outcome.Failed;
import io.virtrig.cli.conformance.Outcome.Passed;
import io.virtrig.cli.conformance.Outcome.Unsupported;
import io.virtrig.client.RefusalException;
import io.virtrig.client.json.UnknownFieldException;
import java.util.List;

/** Runs a vector: an image of memory with accesses, a descriptor, or virtqueues with kicks. */
final class VectorRun {

  private VectorRun() {}

  static Outcome run(Vector vector, Transport transport) {
    try {
      if (vector.json().has("regime")) {
        return outcome(WalkVector.differences(vector.json(), transport));
      }
      if (vector.json().has("desc")) {
        return outcome(DescriptorVector.differences(vector.json(), transport));
      }
      if (vector.json().has("kicks")) {
        List<Difference> differences = VirtqueueVector.differences(vector.json(), transport);
        return differences.isEmpty()
            ? new Passed()
            : new Failed("not what was expected", List.of(), differences);
      }
      return new Unsupported("a vector of a kind that is not known");
    } catch (RefusalException e) {
      return failed("the daemon refuses: " + e.getMessage());
    } catch (StatusRuntimeException e) {
      return failed("the call failed: " + e.getStatus());
    } catch (UnsupportedOperationException | UnknownFieldException e) {
      return new Unsupported(String.valueOf(e.getMessage()));
    } catch (JsonParseException | IllegalStateException | IllegalArgumentException e) {
      return failed("not a vector: " + e.getMessage());
    }
  }

  private static Outcome outcome(List<String> differences) {
    return differences.isEmpty() ? new Passed() : failed(String.join("; ", differences));
  }

  private static Failed failed(String problem) {
    return new Failed(problem, List.of(), List.of());
  }
}
