package io.virtrig.daemon.config;

/** The daemon was told something that makes no sense; the message says what. */
public final class BadConfiguration extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what. */
  public BadConfiguration(String message) {
    super(message);
  }
}
