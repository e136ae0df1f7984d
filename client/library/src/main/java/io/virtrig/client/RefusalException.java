package io.virtrig.client;

import io.virtrig.v1.Refusal;

/** The simulator refused; the simulated kernel was not asked. */
public final class RefusalException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Refusal refusal;

  /** From the refusal of a result, or of a status' details. */
  public RefusalException(Refusal refusal) {
    super(describe(refusal));
    this.refusal = refusal;
  }

  private static String describe(Refusal refusal) {
    String operation = refusal.getOperation().isEmpty() ? "" : refusal.getOperation() + ": ";
    String field = refusal.getField().isEmpty() ? "" : refusal.getField() + ": ";
    return operation + field + refusal.getReason();
  }

  /** Which kind of refusal. */
  public Refusal.Code code() {
    return refusal.getCode();
  }

  /** The request's field at fault, empty when none is. */
  public String field() {
    return refusal.getField();
  }

  /** The reason, in words. */
  public String reason() {
    return refusal.getReason();
  }

  /** The operation refused, empty for one on the hosts themselves. */
  public String operation() {
    return refusal.getOperation();
  }
}
