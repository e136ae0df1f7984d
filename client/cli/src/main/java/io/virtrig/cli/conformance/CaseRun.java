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
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One run of one case, on a host of its own. */
final class CaseRun {

  private final Case subject;
  private final Transport transport;
  private final Consumer<ExecutedStep> watcher;
  private final Bindings bindings;
  private final List<ExecutedStep> executed = new ArrayList<>();
  private @Nullable Step current;

  CaseRun(Case subject, Transport transport, Consumer<ExecutedStep> watcher) {
    this.watcher = watcher;
    this.subject = subject;
    this.transport = transport;
    bindings = new Bindings(subject.steps());
  }

  Outcome run() {
    try {
      HostSpec spec = UapiJson.hostSpec(subject.host());
      subject.steps().forEach(StepOperation::check);
      return onFreshHost(spec);
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

  private Outcome onFreshHost(HostSpec spec) {
    try (SimulatedHost host = transport.create(spec)) {
      for (Step step : subject.steps()) {
        Outcome outcome = execute(step, host);
        if (!(outcome instanceof Passed)) {
          return outcome;
        }
      }
      return new Passed();
    }
  }

  private Outcome execute(Step step, SimulatedHost host) {
    current = step;
    Operation operation = StepOperation.of(step, bindings);
    Answer answer = new Answer(operation, host.execute(operation));
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
    String where = current == null ? "" : "step " + current.number() + ", " + current + ": ";
    return new Failed(where + problem, List.copyOf(executed), List.of());
  }
}
