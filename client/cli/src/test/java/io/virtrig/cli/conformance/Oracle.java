package io.virtrig.cli.conformance;

import com.google.gson.JsonObject;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.virtrig.cli.conformance.CaseLine.Case;
import io.virtrig.client.json.UapiJson;
import io.virtrig.v1.Errno;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import java.util.List;

/**
 * A transport to a host that answers a case exactly as the case expects, but for one step, whose
 * errno it gets wrong: success for an errno, an errno for success.
 */
final class Oracle implements Transport {

  private static final int NO_STEP = 0;

  private final Case subject;
  private final int wrongStep;

  private Oracle(Case subject, int wrongStep) {
    this.subject = subject;
    this.wrongStep = wrongStep;
  }

  static Oracle right(Case subject) {
    return new Oracle(subject, NO_STEP);
  }

  static Oracle wrongAt(Case subject, int step) {
    return new Oracle(subject, step);
  }

  @Override
  public SimulatedHost create(HostSpec spec) {
    return new Answers(subject.steps(), new Bindings(subject.steps()));
  }

  private final class Answers implements SimulatedHost {
    private final List<Step> steps;
    private final Bindings bindings;
    private int next;

    Answers(List<Step> steps, Bindings bindings) {
      this.steps = steps;
      this.bindings = bindings;
    }

    @Override
    public Result execute(Operation operation) {
      Step step = steps.get(next++);
      boolean fails = step.expect().anyErrno() || !step.expect().errno().equals(Expectation.OK);
      Result.Builder result = Result.newBuilder();
      result.setField(member(operation), response(operation, step, result));
      if (fails != (step.number() == wrongStep)) {
        String errno = fails && !step.expect().anyErrno() ? step.expect().errno() : "EXDEV";
        result.setErrno(Errno.newBuilder().setName(errno).setCheck("the case says so"));
      }
      return result.build();
    }

    private Message response(Operation operation, Step step, Result.Builder result) {
      Message.Builder response = result.newBuilderForField(member(operation));
      UapiJson.merge(step.expect().out(), response, bindings);
      FieldDescriptor ret = response.getDescriptorForType().findFieldByName("ret");
      if (step.expect().ret() != null && ret != null) {
        JsonObject json = new JsonObject();
        json.add("ret", step.expect().ret());
        UapiJson.merge(json, response, bindings);
      }
      if (step.as() != null && step.expect().errno().equals(Expectation.OK)) {
        bindings.bind(step.as(), response.build());
      }
      return response.build();
    }

    @Override
    public void close() {}
  }

  private static FieldDescriptor member(Operation operation) {
    String name = operation.getAllFields().keySet().iterator().next().getName();
    return Result.getDescriptor().findFieldByName(name);
  }
}
