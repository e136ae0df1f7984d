package io.virtrig.cli.conformance;

import io.virtrig.v1.Operation;

/** A step that was executed. It is put into words only when somebody wants to read them. */
public final class ExecutedStep {

  private final Step step;
  private final Operation operation;
  private final Answer answer;

  ExecutedStep(Step step, Operation operation, Answer answer) {
    this.step = step;
    this.operation = operation;
    this.answer = answer;
  }

  /** The step. */
  public Step step() {
    return step;
  }

  /** The operation as it was sent, with every name replaced by its number. */
  public String sent() {
    return StepOperation.text(operation);
  }

  /** The answer in brief, e.g. <code>OK {"ret":3}</code>. */
  public String answer() {
    return answer.brief();
  }

  /** The emulator's reason for an errno or refusal; empty when the step succeeded. */
  public String reason() {
    return answer.explanation();
  }
}
