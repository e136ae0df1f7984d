package io.virtrig.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.virtrig.v1.Operation;
import io.virtrig.v1.RunVirtqueuesRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The run from which the JVM makes the AOT cache of the commands that have operations executed,
 * {@code conformance} and {@code demo}, {@code call}, {@code program} and {@code kvm}: the demos,
 * and a case with each operation there is. What happens here is loaded and linked before such a
 * command starts in earnest; nothing else depends on it.
 */
final class OperationTraining {

  private OperationTraining() {}

  /** Trains. */
  public static void main(String[] arguments) throws IOException {
    for (String tale : List.of("demo", "vsva", "vdpa")) {
      if (execute("demo", tale, "--own-daemon") != ExitCode.OK) {
        throw new IllegalStateException("the demo " + tale + " failed");
      }
    }
    List<String> cases = cases();
    Path file = Files.createTempFile("training", ".jsonl");
    Path report = Files.createTempFile("training", ".json");
    try {
      Files.write(file, cases);
      var _ =
          execute(
              "conformance", "run", "--own-daemon", "--json", report.toString(), file.toString());
      requireAll(cases.size(), JsonParser.parseString(Files.readString(report)).getAsJsonObject());
    } finally {
      Files.delete(file);
      Files.delete(report);
    }
  }

  /** Most cases fail: what counts is that each was read, executed and reported. */
  private static void requireAll(int cases, JsonObject report) {
    int reported = 0;
    for (String outcome : List.of("passed", "failed", "unsupported")) {
      reported += report.get(outcome).getAsInt();
    }
    if (reported != cases) {
      throw new IllegalStateException(reported + " of " + cases + " cases were run");
    }
  }

  private static int execute(String... arguments) {
    return Main.commandLine(arguments).execute(arguments);
  }

  private static List<String> cases() {
    List<String> cases = new ArrayList<>();
    for (FieldDescriptor operation : Operation.getDescriptor().getFields()) {
      JsonObject step = new JsonObject();
      step.addProperty("do", operation.getName());
      step.add("arg", everyMessage(operation.getMessageType()));
      JsonArray steps = new JsonArray();
      steps.add(step);
      JsonObject one = new JsonObject();
      one.add("steps", steps);
      cases.add(one.toString());
    }
    JsonObject virtqueues = everyMessage(RunVirtqueuesRequest.getDescriptor());
    virtqueues.add("kicks", new JsonArray());
    virtqueues.add("expect", new JsonObject());
    cases.add(virtqueues.toString());
    cases.add("{\"desc\": \"" + "0".repeat(32) + "\", \"expect\": {\"type\": \"none\"}}");
    cases.add(
        """
        {"regime": "vtd-nested", "config": {"sagaw": [4]}, "ram": [["0x0", "0x1000"]],
         "pasid_entry": ["0x1", "0x0", "0x0"], "memory": {"0x0": "00"},
         "accesses": [{"iova": "0x0", "access": "r", "expect": {"fault": {"reason": 1}}}]}"""
            .replace("\n", ""));
    return cases;
  }

  /** The messages inside a message, once each, with nothing in them. */
  private static JsonObject everyMessage(Descriptor message) {
    JsonObject json = new JsonObject();
    for (FieldDescriptor field : message.getFields()) {
      if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && !field.isMapField()) {
        JsonElement inner = everyMessage(field.getMessageType());
        json.add(field.getName(), field.isRepeated() ? list(inner) : inner);
      } else if (field.getJavaType() == FieldDescriptor.JavaType.INT && !field.isRepeated()) {
        json.add(field.getName(), new JsonPrimitive(0));
      }
    }
    return json;
  }

  private static JsonArray list(JsonElement only) {
    JsonArray list = new JsonArray();
    list.add(only);
    return list;
  }
}
