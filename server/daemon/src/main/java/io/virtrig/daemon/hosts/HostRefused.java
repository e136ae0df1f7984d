package io.virtrig.daemon.hosts;

/** The daemon refuses to make a host. */
public final class HostRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** The id is not of the form that ids have. */
    BAD_ID,
    /** A host of that id exists. */
    EXISTS,
    /** The daemon holds as many hosts as it may. */
    LIMIT
  }

  private final Reason reason;
  private final String message;

  HostRefused(Reason reason, String message) {
    super(null, null, false, false);
    this.reason = reason;
    this.message = message;
  }

  @Override
  public String getMessage() {
    return message;
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }
}
