package io.virtrig.cli.conformance;

import com.google.gson.JsonElement;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.virtrig.client.Vocabulary;
import io.virtrig.client.json.UapiJson;
import io.virtrig.client.json.Variables;
import io.virtrig.v1.OpenResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;
import io.virtrig.wire.Results;
import java.util.List;

/** The answer to a step, and whether it is as expected. */
final class Answer {

  /** A return value's type, for operations whose response has none: those return 0. */
  private static final FieldDescriptor PLAIN_RET =
      OpenResponse.getDescriptor().findFieldByName("ret");

  private final Result result;
  private final Message response;
  private final boolean complete;

  Answer(Operation operation, Result result) {
    this.result = result;
    // An operation and its response have the same field number.
    int number = operation.getOpCase().getNumber();
    Message there = Results.response(result, number);
    complete = there != null;
    response = there == null ? Results.nothing(number) : there;
  }

  /** The simulator does not simulate this yet. */
  boolean isUnimplemented() {
    return result.hasRefusal() && result.getRefusal().getCode() == Refusal.Code.CODE_UNIMPLEMENTED;
  }

  boolean isSuccess() {
    return !result.hasErrno() && !result.hasRefusal();
  }

  Message response() {
    return response;
  }

  /** Why the emulator answered so; empty when it succeeded. */
  String explanation() {
    if (result.hasRefusal()) {
      return result.getRefusal().getReason();
    }
    return result.getErrno().getCheck();
  }

  /** The answer in one line. */
  String brief() {
    if (result.hasRefusal()) {
      return "refused by the simulator";
    }
    String fields = response.getAllFields().isEmpty() ? "" : " " + UapiJson.toJson(response);
    return errno() + fields;
  }

  List<Difference> differences(Expectation expect, Variables variables) {
    if (result.hasRefusal()) {
      return List.of(new Difference("answer", "the kernel's", brief()));
    }
    if (!isErrnoAsExpected(expect)) {
      return List.of(
          new Difference("errno", expect.anyErrno() ? "any errno" : expect.errno(), brief()));
    }
    if (isSuccess() && !complete) {
      return List.of(
          new Difference(
              "answer", response.getDescriptorForType().getName(), describeWrongResponse()));
    }
    JsonElement ret = expect.ret();
    if (ret != null) {
      List<Difference> differences = Matcher.differences("ret", retField(), ret, ret(), variables);
      if (!differences.isEmpty()) {
        return differences;
      }
    }
    return Matcher.differences("out", expect.out(), response, variables);
  }

  private boolean isErrnoAsExpected(Expectation expect) {
    return expect.anyErrno() ? result.hasErrno() : errno().equals(expect.errno());
  }

  private String errno() {
    return result.hasErrno() ? result.getErrno().getName() : Expectation.OK;
  }

  private String describeWrongResponse() {
    return Vocabulary.response(result)
        .map(other -> other.getDescriptorForType().getName())
        .orElse("a result without a response");
  }

  private FieldDescriptor retField() {
    FieldDescriptor field = response.getDescriptorForType().findFieldByName(PLAIN_RET.getName());
    return field == null ? PLAIN_RET : field;
  }

  private long ret() {
    FieldDescriptor field = response.getDescriptorForType().findFieldByName(PLAIN_RET.getName());
    return field == null ? 0 : ((Number) response.getField(field)).longValue();
  }
}
