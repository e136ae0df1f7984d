package io.virtrig.cli;

/** What the user has set up is wrong. */
final class ConfigurationFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ConfigurationFailure(String what) {
    super(what);
  }
}
