package io.virtrig.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Another Java program, which is spoken to in lines and ends with its standard input. */
final class ChildJvm implements AutoCloseable {
  private final Process process;
  private final BufferedReader out;
  private final Writer in;

  private ChildJvm(Process process) {
    this.process = process;
    out = process.inputReader(StandardCharsets.UTF_8);
    in = process.outputWriter(StandardCharsets.UTF_8);
  }

  /** Starts it with the JVM that runs this; {@code before} stands before its command. */
  static ChildJvm start(
      List<String> before, List<String> flags, String classPath, String main, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(List.of("-cp", classPath, main));
    command.addAll(List.of(arguments));
    return new ChildJvm(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  void writeLine(String line) throws IOException {
    in.write(line + "\n");
    in.flush();
  }

  String readLine() throws IOException {
    return String.valueOf(out.readLine());
  }

  @Override
  public void close() throws IOException {
    in.close();
    process.onExit().join();
  }
}
