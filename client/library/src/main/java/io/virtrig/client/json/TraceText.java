package io.virtrig.client.json;

import com.google.gson.JsonObject;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.virtrig.client.Vocabulary;
import io.virtrig.uapi.OperationName;
import io.virtrig.v1.Result;
import io.virtrig.v1.TracedCall;

/** What a modelled VMM asked of its kernel, in one line, in the manner of strace. */
public final class TraceText {

  private TraceText() {}

  /** E.g. {@code 1 VFIO_SET_IOMMU(5, {"value":6}) = 0}. */
  public static String line(TracedCall call) {
    Message request = (Message) call.getOperation().getAllFields().values().iterator().next();
    JsonObject arguments = arguments(request);
    FieldDescriptor fd = request.getDescriptorForType().findFieldByName("target_fd");
    String on = fd == null ? "" : request.getField(fd).toString();
    String rest = arguments.isEmpty() ? "" : (on.isEmpty() ? "" : ", ") + arguments;
    return process(request)
        + "  "
        + OperationName.of(call.getOperation().getOpCase())
        + "("
        + on
        + rest
        + ") = "
        + outcome(call.getResult());
  }

  private static String process(Message request) {
    FieldDescriptor pid = request.getDescriptorForType().findFieldByName("pid");
    return pid == null ? "1" : request.getField(pid).toString();
  }

  /** What the caller gave beside the process and the descriptor. */
  public static JsonObject arguments(Message request) {
    JsonObject arguments = UapiJson.toJson(request).getAsJsonObject();
    arguments.remove("host");
    arguments.remove("pid");
    arguments.remove("target_fd");
    return arguments;
  }

  private static String outcome(Result result) {
    if (result.hasErrno()) {
      return "-1 " + result.getErrno().getName() + " (" + result.getErrno().getCheck() + ")";
    }
    return Vocabulary.response(result).map(TraceText::response).orElse("0");
  }

  private static String response(Message response) {
    FieldDescriptor ret = response.getDescriptorForType().findFieldByName("ret");
    Object value = ret == null ? 0 : response.getField(ret);
    JsonObject out = UapiJson.toJson(response).getAsJsonObject();
    out.remove("ret");
    return value + (out.isEmpty() ? "" : " " + out);
  }
}
