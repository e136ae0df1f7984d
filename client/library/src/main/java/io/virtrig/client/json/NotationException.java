package io.virtrig.client.json;

/**
 * JSON that is not what a message's field can hold. The message names the field's path and the
 * reason.
 */
public class NotationException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String path;
  private final String reason;

  /** Something at a place in the JSON that makes no sense. */
  public NotationException(String path, String reason) {
    super(path.isEmpty() ? reason : path + ": " + reason);
    this.path = path;
    this.reason = reason;
  }

  /** Where in the JSON, e.g. {@code entries[1].msi.data}; empty for the whole. */
  public String path() {
    return path;
  }

  /** What is wrong there. */
  public String reason() {
    return reason;
  }
}
