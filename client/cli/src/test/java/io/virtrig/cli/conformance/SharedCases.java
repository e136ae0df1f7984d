package io.virtrig.cli.conformance;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/**
 * Where the recorded cases lie. They are no part of this tree: without them the tests that need
 * them are skipped, with a line that says so; {@code -Dconformance.required=true}, as continuous
 * integration gives, makes that a failure.
 */
final class SharedCases {

  private SharedCases() {}

  static Path folder() {
    Path folder = Path.of(System.getProperty("virtrig.conformance"));
    if (Files.isDirectory(folder)) {
      return folder;
    }
    String missing =
        "no conformance cases at " + folder + "; -Dconformance.directory=… says where they are";
    if (Boolean.getBoolean("virtrig.conformance.required")) {
      throw new AssertionError(missing);
    }
    return Assumptions.abort(missing);
  }
}
