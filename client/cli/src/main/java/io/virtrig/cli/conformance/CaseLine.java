package io.virtrig.cli.conformance;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;

/** A line of a case file. */
public sealed interface CaseLine {

  /** Where it stands. */
  Source source();

  /** Its id, or file and line where it has none. */
  String id();

  /** What is shown, in a few words; may be empty. */
  String title();

  /** Where the expectation comes from; may be empty. */
  String why();

  /**
   * A place in a case file.
   *
   * @param area the name of the file's folder
   * @param file the file
   * @param line counted from 1
   */
  record Source(String area, Path file, int line) {
    @Override
    public String toString() {
      return file + ":" + line;
    }
  }

  /** A case. */
  record Case(Source source, String id, String title, String why, JsonObject host, List<Step> steps)
      implements CaseLine {}

  /** A vector: it has no steps, and its kind tells what is done with it. */
  record Vector(Source source, String id, JsonObject json) implements CaseLine {
    @Override
    public String title() {
      return "";
    }

    @Override
    public String why() {
      return "";
    }
  }

  /** What cannot be read. */
  record Broken(Source source, String id, String reason) implements CaseLine {
    @Override
    public String title() {
      return "";
    }

    @Override
    public String why() {
      return "";
    }
  }
}
