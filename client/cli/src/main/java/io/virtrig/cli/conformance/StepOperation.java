package io.virtrig.cli.conformance;

import io.virtrig.client.Vocabulary;
import io.virtrig.client.json.OperationBuilder;
import io.virtrig.client.json.UapiJson;
import io.virtrig.v1.Operation;
import java.util.Collections;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;

/** Makes the operation that a step asks for, as soon as the names in it stand for something. */
final class StepOperation {

  private final Step step;
  private final OperationBuilder builder;

  /** What its arguments are taken from. */
  private final Set<String> variables = new HashSet<>();

  /**
   * The operation of a step, whose names need not stand for anything yet.
   *
   * @throws io.virtrig.client.json.UnknownOperationException when the vocabulary lacks it
   * @throws io.virtrig.client.json.UnknownFieldException when the vocabulary lacks an argument
   */
  StepOperation(Step step) {
    this.step = step;
    builder = OperationBuilder.of(step.operation()).arguments(step.arguments(), this::remembered);
  }

  private OptionalLong remembered(String variable) {
    variables.add(variable);
    return OptionalLong.of(0);
  }

  Step step() {
    return step;
  }

  /** Whether it takes something from one of the names. */
  boolean needsAny(Set<String> names) {
    return names.contains(step.in())
        || (step.on() != null && names.contains(step.on()))
        || !Collections.disjoint(variables, names);
  }

  /** The operation with what the names stand for. */
  Operation build(Bindings bindings) {
    builder.process((int) number("process", step.in(), bindings.process(step.in())));
    String on = step.on();
    if (on != null && builder.actsOnDevice()) {
      builder.device(on);
    } else if (on != null && builder.looksAtProcess() && bindings.process(on).isPresent()) {
      builder.lookedAt((int) bindings.process(on).getAsLong());
    } else if (on != null) {
      builder.fd((int) number("object", on, bindings.value(on)));
    }
    if (!variables.isEmpty()) {
      builder.arguments(step.arguments(), bindings);
    }
    return builder.build();
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
