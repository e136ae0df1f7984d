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
}
