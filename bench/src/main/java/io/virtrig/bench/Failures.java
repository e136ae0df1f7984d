package io.virtrig.bench;

/** What fails while it is measured makes the figures worthless. */
final class Failures {
  private Failures() {}

  static void end(String what) {
    System.err.println(what);
    Runtime.getRuntime().halt(1);
  }
}
