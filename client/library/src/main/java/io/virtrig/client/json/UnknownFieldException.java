package io.virtrig.client.json;

/** A field that the message does not have: the vocabulary knows nothing of it. */
public final class UnknownFieldException extends NotationException {
  private static final long serialVersionUID = 1L;

  UnknownFieldException(String path, String message) {
    super(path, message + " has no such field");
  }
}
