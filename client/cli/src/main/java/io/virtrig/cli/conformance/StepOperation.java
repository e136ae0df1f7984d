package io.virtrig.cli.conformance;

import io.virtrig.client.Vocabulary;
import io.virtrig.client.json.OperationBuilder;
import io.virtrig.client.json.UapiJson;
import io.virtrig.client.json.Variables;
import io.virtrig.v1.Operation;
import java.util.OptionalLong;

/** Makes the operation that a step asks for. */
final class StepOperation {

  private static final Variables ALL_ZERO = name -> OptionalLong.of(0);

  private StepOperation() {}

  /**
   * Checks that the vocabulary has the step's operation and arguments.
   *
   * @throws io.virtrig.client.json.UnknownOperationException when it lacks the operation
   * @throws io.virtrig.client.json.UnknownFieldException when it lacks an argument
   */
  static void check(Step step) {
    var _ = OperationBuilder.of(step.operation()).arguments(step.arguments(), ALL_ZERO);
  }

  static Operation of(Step step, Bindings bindings) {
    OperationBuilder builder = OperationBuilder.of(step.operation());
    builder.process((int) number("process", step.in(), bindings.process(step.in())));
    String on = step.on();
    if (on != null && builder.actsOnDevice()) {
      builder.device(on);
    } else if (on != null && builder.looksAtProcess() && bindings.process(on).isPresent()) {
      builder.lookedAt((int) bindings.process(on).getAsLong());
    } else if (on != null) {
      builder.fd((int) number("object", on, bindings.value(on)));
    }
    return builder.arguments(step.arguments(), bindings).build();
  }

  /** The request as JSON; which operation it is of, the step says. */
  static String text(Operation operation) {
    return UapiJson.toJson(Vocabulary.requestIn(operation).orElseThrow()).toString();
  }

  private static long number(String what, String name, OptionalLong value) {
    return value.orElseThrow(
        () -> new IllegalArgumentException("no " + what + " is called \"" + name + "\""));
  }
}
