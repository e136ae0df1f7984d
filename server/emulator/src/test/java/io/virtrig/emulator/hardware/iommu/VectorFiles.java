package io.virtrig.emulator.hardware.iommu;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/**
 * The recorded vectors: files of JSON objects, one a line. They are no part of this tree: without
 * them the tests that need them are skipped, with a line that says so; {@code
 * -Dconformance.required=true}, as continuous integration gives, makes that a failure.
 */
public final class VectorFiles {

  private VectorFiles() {}

  /** The objects of a file, named by its path in the folder of vectors. */
  public static List<JsonObject> read(String name) {
    Path file = Path.of(System.getProperty("virtrig.conformance", "conformance"), name);
    if (!Files.isRegularFile(file)) {
      String missing = "no vectors at " + file + "; -Dconformance.directory=… says where they are";
      if (Boolean.getBoolean("virtrig.conformance.required")) {
        throw new AssertionError(missing);
      }
      return Assumptions.abort(missing);
    }
    try {
      return Files.readAllLines(file).stream()
          .map(line -> JsonParser.parseString(line).getAsJsonObject())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A number, or a string of a hexadecimal one. */
  public static long number(JsonObject object, String field, long absent) {
    if (!object.has(field)) {
      return absent;
    }
    String text = object.get(field).getAsString();
    return text.startsWith("0x")
        ? Long.parseUnsignedLong(text.substring(2), 16)
        : Long.parseLong(text);
  }

  /** A flag; false when left out. */
  public static boolean flag(JsonObject object, String field) {
    return object.has(field) && object.get(field).getAsBoolean();
  }
}
