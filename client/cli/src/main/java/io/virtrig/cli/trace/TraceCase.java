package io.virtrig.cli.trace;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.virtrig.client.Vocabulary;
import io.virtrig.client.json.TraceText;
import io.virtrig.client.json.UapiJson;
import io.virtrig.uapi.OperationName;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.TracedCall;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A trace of one process as a conformance case: the same calls on a fresh host, each with the errno
 * or return value that it had. A fresh process gets the same descriptors, so that arguments keep
 * their numbers; what a call acts on is named, as cases have it.
 */
public final class TraceCase {
  private final Map<Integer, String> names = new TreeMap<>();
  private final JsonArray steps = new JsonArray();
  private int made;

  private TraceCase() {}

  /**
   * The case.
   *
   * @param id the case's id
   * @param calls all that the process has asked of the kernel, from its first call on
   */
  public static JsonObject of(String id, HostSpec host, List<TracedCall> calls) {
    TraceCase trace = new TraceCase();
    calls.forEach(trace::add);
    JsonObject out = new JsonObject();
    out.addProperty("id", id);
    out.addProperty("title", "what a modelled VMM asked of the kernel");
    out.addProperty("why", "a trace of Virtrig");
    out.add("host", UapiJson.toJson(host));
    out.add("steps", trace.steps);
    return out;
  }

  private void add(TracedCall call) {
    Operation operation = call.getOperation();
    Message request = (Message) operation.getAllFields().values().iterator().next();
    JsonObject step = new JsonObject();
    step.addProperty("do", OperationName.of(operation.getOpCase()));
    FieldDescriptor fd = request.getDescriptorForType().findFieldByName("target_fd");
    if (fd != null) {
      step.addProperty("on", names.getOrDefault((Integer) request.getField(fd), "none"));
    }
    JsonObject arguments = TraceText.arguments(request);
    if (!arguments.isEmpty()) {
      step.add("arg", arguments);
    }
    Integer opened = opened(operation, call.getResult());
    if (opened != null) {
      String name = "fd" + ++made;
      names.put(opened, name);
      step.addProperty("as", name);
    }
    step.add("expect", expectation(call.getResult()));
    steps.add(step);
  }

  /** The descriptor that a call made; null when it made none. */
  private static @Nullable Integer opened(Operation operation, Result result) {
    if (result.hasErrno()) {
      return null;
    }
    return switch (operation.getOpCase()) {
      case OPEN -> (int) result.getOpen().getRet();
      case EVENTFD -> (int) result.getEventfd().getRet();
      case VFIO_GROUP_GET_DEVICE_FD -> (int) result.getVfioGroupGetDeviceFd().getRet();
      case KVM_CREATE_VM -> (int) result.getKvmCreateVm().getRet();
      case KVM_CREATE_VCPU -> (int) result.getKvmCreateVcpu().getRet();
      case KVM_CREATE_DEVICE -> result.getKvmCreateDevice().getFd();
      default -> null;
    };
  }

  private static JsonObject expectation(Result result) {
    JsonObject expect = new JsonObject();
    if (result.hasErrno()) {
      expect.addProperty("errno", result.getErrno().getName());
      return expect;
    }
    Vocabulary.response(result)
        .ifPresent(
            response -> {
              FieldDescriptor ret = response.getDescriptorForType().findFieldByName("ret");
              if (ret != null) {
                expect.addProperty("ret", (Number) response.getField(ret));
              }
            });
    return expect;
  }
}
