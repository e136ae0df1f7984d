package io.virtrig.cli.conformance;

import java.nio.file.Path;

/**
 * A line of a case file as it stands there: a small part of what it takes once it is read.
 *
 * @param source where it stands
 * @param text the line
 */
public record CaseText(Source source, String text) {

  /**
   * A place in a case file.
   *
   * @param area the name of the file's folder
   * @param file the file
   * @param line counted from 1
   */
  public record Source(String area, Path file, int line) {
    @Override
    public String toString() {
      return file + ":" + line;
    }
  }

  /** Its id, or file and line where none is found; the rest is not looked at. */
  public String id() {
    return CaseReader.id(source, text);
  }

  /** Reads it. */
  public CaseLine read() {
    return CaseReader.read(source, text);
  }
}
