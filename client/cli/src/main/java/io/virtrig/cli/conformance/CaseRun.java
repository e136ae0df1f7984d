package io.virtrig.cli.conformance;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.grpc.StatusRuntimeException;
import io.virtrig.cli.conformance.CaseLine.Case;
import io.virtrig.cli.conformance.Outcome.Failed;
import io.virtrig.cli.conformance.Outcome.Passed;
import io.virtrig.cli.conformance.Outcome.Unsupported;
import io.virtrig.cli.conformance.Transport.SimulatedHost;
import io.virtrig.client.RefusalException;
import io.virtrig.client.json.UapiJson;
import io.virtrig.client.json.UnknownFieldException;
import io.virtrig.client.json.UnknownOperationException;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** One run of one case, on a host of its own. */
final class CaseRun {

  private final Case subject;
  private final Transport transport;
  private final Consumer<ExecutedStep> watcher;
  private final Bindings bindings;
  private final List<ExecutedStep> executed = new ArrayList<>();

  /** The steps of which an exception tells: one, or those that were sent together. */
  private List<Step> underway = List.of();

  CaseRun(Case subject, Transport transport, Consumer<ExecutedStep> watcher) {
    this.watcher = watcher;
    this.subject = subject;
    this.transport = transport;
    bindings = new Bindings(subject.steps());
  }

  Outcome run() {
    try {
      HostSpec spec = UapiJson.hostSpec(subject.host());
      return onFreshHost(spec, subject.steps().stream().map(StepOperation::new).toList());
    } catch (UnknownOperationException | UnknownFieldException e) {
      return new Unsupported(String.valueOf(e.getMessage()));
    } catch (RefusalException e) {
      if (e.code() == Refusal.Code.CODE_UNIMPLEMENTED) {
        return new Unsupported(String.valueOf(e.getMessage()));
      }
      return failed("the daemon refuses: " + e.getMessage());
    } catch (StatusRuntimeException e) {
      return failed("the call failed: " + e.getStatus());
    } catch (IllegalArgumentException | IllegalStateException | UnsupportedOperationException e) {
      return failed("cannot go on: " + e.getMessage());
    }
  }

  private Outcome onFreshHost(HostSpec spec, List<StepOperation> steps) {
    try (SimulatedHost host = transport.create(spec)) {
      int next = 0;
      while (next < steps.size()) {
        int end = endOfTogether(steps, next, host.mostTogether());
        Outcome outcome = execute(steps.subList(next, end), host);
        if (!(outcome instanceof Passed)) {
          return outcome;
        }
        next = end;
      }
      return new Passed();
    }
  }

  /** Where the steps end that need nothing which one of them names. */
  private static int endOfTogether(List<StepOperation> steps, int first, int most) {
    Set<String> named = new HashSet<>();
    int end = first;
    while (end < steps.size() && end - first < most && !steps.get(end).needsAny(named)) {
      Step step = steps.get(end).step();
      if (step.as() != null) {
        named.add(step.as());
      }
      named.addAll(step.save().keySet());
      end++;
    }
    return end;
  }

  /** Executes steps together, and compares their answers one after the other. */
  private Outcome execute(List<StepOperation> steps, SimulatedHost host) {
    List<Operation> operations = new ArrayList<>(steps.size());
    for (StepOperation step : steps) {
      underway = List.of(step.step());
      operations.add(step.build(bindings));
    }
    underway = steps.stream().map(StepOperation::step).toList();
    List<Result> results = host.execute(operations);
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i).step();
      underway = List.of(step);
      Outcome outcome = compare(step, operations.get(i), results.get(i));
      if (!(outcome instanceof Passed)) {
        return outcome;
      }
    }
    return new Passed();
  }

  private Outcome compare(Step step, Operation operation, Result result) {
    Answer answer = new Answer(operation, result);
    ExecutedStep done = new ExecutedStep(step, operation, answer);
    executed.add(done);
    watcher.accept(done);
    if (answer.isUnimplemented()) {
      return new Unsupported(step.operation() + ": " + answer.explanation());
    }
    List<Difference> differences = answer.differences(step.expect(), bindings);
    if (!differences.isEmpty()) {
      return new Failed("not the answer expected", List.copyOf(executed), differences);
    }
    if (answer.isSuccess()) {
      name(step, answer);
    }
    return new Passed();
  }

  private void name(Step step, Answer answer) {
    String as = step.as();
    if (as != null) {
      bindings.bind(as, answer.response());
    }
    step.save().forEach((variable, fieldName) -> bindings.save(variable, field(answer, fieldName)));
  }

  private static long field(Answer answer, String fieldName) {
    FieldDescriptor field = answer.response().getDescriptorForType().findFieldByName(fieldName);
    if (field == null || !(answer.response().getField(field) instanceof Number number)) {
      throw new IllegalArgumentException(
          answer.response().getDescriptorForType().getName()
              + " has no number \""
              + fieldName
              + "\" to save");
    }
    return number.longValue();
  }

  private Failed failed(String problem) {
    return new Failed(where() + problem, List.copyOf(executed), List.of());
  }

  private String where() {
    if (underway.isEmpty()) {
      return "";
    }
    int first = underway.getFirst().number();
    int last = underway.getLast().number();
    return first == last
        ? "step " + first + ", " + underway.getFirst() + ": "
        : "steps " + first + " to " + last + ", " + underway.getFirst() + " and on: ";
  }
}
