package io.virtrig.client.json;

/** An operation that the vocabulary does not have. */
public final class UnknownOperationException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  UnknownOperationException(String name) {
    super("no operation is called \"" + name + "\"");
  }
}
