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

  /** What comes of it, on a host of its own where it needs one. */
  Outcome run(Transport transport);

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
      implements CaseLine {
    @Override
    public Outcome run(Transport transport) {
      return new CaseRun(this, transport, step -> {}).run();
    }
  }

  /** A vector: what goes in and what comes out of one call, without steps. */
  record Vector(Source source, String id, String title, String why, JsonObject json)
      implements CaseLine {
    @Override
    public Outcome run(Transport transport) {
      return VectorRun.run(this, transport);
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

    @Override
    public Outcome run(Transport transport) {
      return new Outcome.Failed(reason, List.of(), List.of());
    }
  }
}
