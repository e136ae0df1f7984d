package io.virtrig.cli.conformance;

import java.util.List;

/** What came of a case. */
public sealed interface Outcome {

  /** Every answer was as expected. */
  record Passed() implements Outcome {}

  /**
   * The case cannot be run: the vocabulary or the simulator lacks something.
   *
   * @param reason what is lacking
   */
  record Unsupported(String reason) implements Outcome {}

  /**
   * Something was not as expected; the case ended there.
   *
   * @param problem what, in a few words
   * @param steps the steps executed, the failing one last; empty when it failed before the first
   * @param differences what was expected and what came, as far as it was an answer that differed
   */
  record Failed(String problem, List<ExecutedStep> steps, List<Difference> differences)
      implements Outcome {}

  /**
   * A step that was executed.
   *
   * @param step it
   * @param sent the operation as it was sent, with every name replaced by its number
   * @param answer the answer in brief, e.g. <code>OK {"ret":3}</code>
   * @param reason the emulator's reason for an errno or refusal; empty when the step succeeded
   */
  record ExecutedStep(Step step, String sent, String answer, String reason) {}
}
