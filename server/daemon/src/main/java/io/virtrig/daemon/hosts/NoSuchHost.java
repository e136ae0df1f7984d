package io.virtrig.daemon.hosts;

/** The daemon has no host of that id. */
public final class NoSuchHost extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String id;

  /** Names the id. */
  public NoSuchHost(String id) {
    super(null, null, false, false);
    this.id = id;
  }

  @Override
  public String getMessage() {
    return "there is no host \"" + id + "\"";
  }
}
