package io.virtrig.cli.capture;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The script that captures a machine; also runs by itself where there is no Java. */
final class CaptureScript {

  private static final String NAME = "virtrig-capture";

  private CaptureScript() {}

  /** The shell with the script and its arguments. */
  static ProcessBuilder command(List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("sh", "-c", text(), NAME));
    command.addAll(arguments);
    return new ProcessBuilder(command);
  }

  private static String text() throws IOException {
    try (InputStream script = CaptureScript.class.getResourceAsStream(NAME)) {
      if (script == null) {
        throw new IllegalStateException("the resource " + NAME + " is missing");
      }
      return new String(script.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
