package io.virtrig.cli.conformance;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import io.virtrig.cli.conformance.CaseLine.Broken;
import io.virtrig.cli.conformance.CaseLine.Case;
import io.virtrig.cli.conformance.CaseLine.Vector;
import io.virtrig.cli.conformance.CaseText.Source;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads one line of a case file. A key that it does not know is an error, lest an expectation go
 * unchecked.
 */
final class CaseReader {

  /** The process that every host starts with, as cases call it. */
  static final String FIRST_PROCESS = "vmm";

  private static final Set<String> CASE_KEYS = Set.of("id", "title", "why", "host", "steps");
  private static final Set<String> STEP_KEYS =
      Set.of("do", "on", "in", "arg", "as", "save", "expect");
  private static final Set<String> EXPECT_KEYS = Set.of("errno", "ret", "out", "any_errno", "note");

  private CaseReader() {}

  static CaseLine read(Source source, String line) {
    String id = source.toString();
    try {
      JsonObject json = JsonParser.parseReader(reader(line)).getAsJsonObject();
      id = text(json, "id", id);
      CaseName name = new CaseName(source, id, text(json, "title", ""), text(json, "why", ""));
      if (!json.has("steps")) {
        return new Vector(name, json);
      }
      check("the case", json, CASE_KEYS);
      return new Case(name, object(json, "host"), steps(json));
    } catch (JsonParseException
        | IllegalStateException
        | UnsupportedOperationException
        | ClassCastException e) {
      return new Broken(new CaseName(source, id, "", ""), "not a case: " + e.getMessage());
    }
  }

  /** The id alone, which is mostly the first that a line says; the place where there is none. */
  static String id(Source source, String line) {
    try (JsonReader reader = reader(line)) {
      reader.beginObject();
      while (reader.hasNext()) {
        if (reader.nextName().equals("id")) {
          return reader.nextString();
        }
        reader.skipValue();
      }
    } catch (IOException | IllegalStateException e) {
      // Reading the line says what is wrong with it.
    }
    return source.toString();
  }

  private static JsonReader reader(String line) {
    JsonReader reader = new JsonReader(new StringReader(line));
    reader.setStrictness(Strictness.STRICT);
    return reader;
  }

  private static List<Step> steps(JsonObject json) {
    JsonArray array = json.getAsJsonArray("steps");
    List<Step> steps = new ArrayList<>(array.size());
    for (JsonElement element : array) {
      steps.add(step(steps.size() + 1, element.getAsJsonObject()));
    }
    return List.copyOf(steps);
  }

  private static Step step(int number, JsonObject json) {
    check("step " + number, json, STEP_KEYS);
    if (!json.has("do")) {
      throw new JsonParseException("step " + number + " has no \"do\"");
    }
    return new Step(
        number,
        json.get("do").getAsString(),
        optionalText(json, "on"),
        text(json, "in", FIRST_PROCESS),
        object(json, "arg"),
        optionalText(json, "as"),
        save(object(json, "save")),
        expectation(number, object(json, "expect")));
  }

  private static Map<String, String> save(JsonObject json) {
    Map<String, String> save = new LinkedHashMap<>();
    json.asMap().forEach((variable, field) -> save.put(variable, field.getAsString()));
    return save;
  }

  private static Expectation expectation(int number, JsonObject json) {
    check("step " + number + " expect", json, EXPECT_KEYS);
    boolean anyErrno = json.has("any_errno") && json.get("any_errno").getAsBoolean();
    return new Expectation(
        text(json, "errno", Expectation.OK),
        anyErrno,
        json.get("ret"),
        object(json, "out"),
        text(json, "note", ""));
  }

  private static void check(String what, JsonObject json, Set<String> known) {
    for (String key : json.keySet()) {
      if (!known.contains(key)) {
        throw new JsonParseException(what + " has an unknown field \"" + key + "\"");
      }
    }
  }

  private static JsonObject object(JsonObject json, String key) {
    return json.has(key) ? json.getAsJsonObject(key) : new JsonObject();
  }

  private static String text(JsonObject json, String key, String otherwise) {
    return json.has(key) ? json.get(key).getAsString() : otherwise;
  }

  private static @Nullable String optionalText(JsonObject json, String key) {
    return json.has(key) ? json.get(key).getAsString() : null;
  }
}
