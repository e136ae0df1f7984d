package io.virtrig.cli;

import static io.virtrig.uapi.IoUring.IOSQE_IO_LINK;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.virtrig.client.json.NotationException;
import io.virtrig.client.json.OperationBuilder;
import io.virtrig.v1.ArgumentValue;
import io.virtrig.v1.Parameter;
import io.virtrig.v1.Program;
import io.virtrig.v1.SubmissionEntry;
import io.virtrig.v1.Substitution;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A program as people write it: steps as in conformance cases, {@code "$name"} for what an earlier
 * step returned or what the program is told. Each step is executed only when those before it
 * succeeded.
 */
final class ProgramFile {
  private static final Pattern VARIABLE =
      Pattern.compile("\\$([A-Za-z_]\\w*)(?:([+-])(0x[0-9a-fA-F]+|[0-9]+))?");

  /** Step or parameter, by name. */
  private final Map<String, Integer> steps = new HashMap<>();

  private final Set<String> parameters = new HashSet<>();
  private final Program.Builder program;

  private ProgramFile(String name) {
    program = Program.newBuilder().setName(name);
  }

  /**
   * Reads a program.
   *
   * @throws NotationException when it is none
   */
  static Program read(String name, JsonObject file) {
    ProgramFile reader = new ProgramFile(name);
    if (file.has("description")) {
      reader.program.setDescription(file.get("description").getAsString());
    }
    object(file, "parameters").entrySet().forEach(e -> reader.parameter(e.getKey(), e.getValue()));
    if (!(file.get("steps") instanceof JsonArray steps)) {
      throw new NotationException("steps", "a program has an array of them");
    }
    for (JsonElement step : steps) {
      if (!step.isJsonObject()) {
        throw new NotationException("steps", step + " is no object");
      }
      reader.step(step.getAsJsonObject());
    }
    return reader.program.build();
  }

  private static JsonObject object(JsonObject holder, String name) {
    JsonElement found = holder.get(name);
    if (found == null) {
      return new JsonObject();
    }
    if (!found.isJsonObject()) {
      throw new NotationException(name, "is no object");
    }
    return found.getAsJsonObject();
  }

  private void parameter(String name, JsonElement defaultValue) {
    parameters.add(name);
    Parameter.Builder parameter = program.addParametersBuilder().setName(name);
    if (!defaultValue.isJsonNull()) {
      parameter.setDefaultValue(value(defaultValue.getAsString()));
    }
  }

  /** A number where the text is one, otherwise the text. */
  static ArgumentValue value(String text) {
    ArgumentValue.Builder value = ArgumentValue.newBuilder();
    try {
      return value.setNumber(number(text)).build();
    } catch (NumberFormatException e) {
      return value.setText(text).build();
    }
  }

  private static long number(String text) {
    return text.startsWith("0x")
        ? Long.parseUnsignedLong(text.substring(2), 16)
        : Long.parseLong(text);
  }

  private void step(JsonObject step) {
    if (!step.has("do")) {
      throw new NotationException("do", "a step names its operation");
    }
    int position = program.getEntriesCount();
    SubmissionEntry.Builder entry =
        program.addEntriesBuilder().setUserData(position).setFlags(IOSQE_IO_LINK);
    OperationBuilder operation =
        OperationBuilder.of(step.get("do").getAsString())
            .process(step.has("pid") ? step.get("pid").getAsInt() : 1);
    if (step.has("on")) {
      on(entry, operation, step.get("on").getAsString());
    }
    JsonObject arguments = object(step, "arg").deepCopy();
    substitute(entry, "", arguments);
    entry.setOperation(operation.arguments(arguments, name -> OptionalLong.empty()).build());
    if (step.has("as")) {
      steps.put(step.get("as").getAsString(), position);
    }
  }

  private void on(SubmissionEntry.Builder entry, OperationBuilder operation, String on) {
    if (operation.actsOnDevice()) {
      operation.device(on);
    } else {
      entry.addSubstitutions(source("on", on, "", "0").setField("target_fd"));
    }
  }

  /** Takes the variables out of the arguments; 0 or an empty text stands where each was. */
  private void substitute(SubmissionEntry.Builder entry, String path, JsonElement arguments) {
    if (arguments instanceof JsonObject object) {
      for (String key : Set.copyOf(object.keySet())) {
        String field = path.isEmpty() ? key : path + "." + key;
        if (isVariable(entry, field, object.get(key))) {
          object.remove(key);
        } else {
          substitute(entry, field, object.get(key));
        }
      }
    } else if (arguments instanceof JsonArray array) {
      for (int i = 0; i < array.size(); i++) {
        String field = path + "[" + i + "]";
        if (isVariable(entry, field, array.get(i))) {
          array.set(i, new JsonPrimitive(0));
        } else {
          substitute(entry, field, array.get(i));
        }
      }
    }
  }

  private boolean isVariable(SubmissionEntry.Builder entry, String field, JsonElement value) {
    if (!(value instanceof JsonPrimitive text) || !text.isString()) {
      return false;
    }
    Matcher variable = VARIABLE.matcher(text.getAsString());
    if (!variable.matches()) {
      return false;
    }
    String plus = variable.group(3) == null ? "0" : variable.group(3);
    String sign = "-".equals(variable.group(2)) ? "-" : "";
    entry.addSubstitutions(source(field, variable.group(1), sign, plus).setField(field));
    return true;
  }

  private Substitution.Builder source(String field, String name, String sign, String plus) {
    long addend = number(plus);
    Substitution.Builder substitution =
        Substitution.newBuilder().setPlus(sign.isEmpty() ? addend : -addend);
    Integer step = steps.get(name);
    if (step != null) {
      return substitution.setEntry(step);
    }
    if (parameters.contains(name)) {
      return substitution.setArgument(name);
    }
    throw new NotationException(field, "nothing before it is called \"" + name + "\"");
  }
}
