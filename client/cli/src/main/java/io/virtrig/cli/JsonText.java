package io.virtrig.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import java.io.StringReader;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** JSON as people give it on the command line and get it back. */
final class JsonText {

  private static final Gson PRETTY =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

  private JsonText() {}

  static String pretty(JsonElement json) {
    return PRETTY.toJson(json);
  }

  /** The object in the text; a usage error of the command when it is none. */
  static JsonObject object(CommandLine command, String what, String text) {
    JsonReader reader = new JsonReader(new StringReader(text));
    reader.setStrictness(Strictness.STRICT);
    try {
      return JsonParser.parseReader(reader).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      throw new ParameterException(command, what + " is not a JSON object: " + e.getMessage(), e);
    }
  }
}
