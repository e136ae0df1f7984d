package io.virtrig.cli.capture;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code virtrig host capture}. */
@Command(
    name = "capture",
    mixinStandardHelpOptions = true,
    description = {
      "Write the specification of this machine, for `virtrig host create --file`.",
      "Where there is no Java, client/capture/virtrig-capture does the same.",
    })
public final class HostCaptureCommand implements Callable<Integer> {

  @Option(
      names = "--root",
      paramLabel = "DIR",
      description = "Read DIR/sys and DIR/proc, e.g. a recorded tree. Default: this machine's.")
  private @Nullable Path root;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "Where to write it. Default: standard output.")
  private @Nullable Path output;

  @Option(
      names = "--models",
      paramLabel = "FILE",
      description =
          "Also write what the devices are, byte by byte, for `virtrig daemon --models FILE`; the"
              + " specification then names these models.")
  private @Nullable Path models;

  @Override
  public Integer call() throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>();
    add(arguments, "--root", root);
    add(arguments, "--output", output);
    add(arguments, "--models", models);
    return CaptureScript.command(arguments).inheritIO().start().waitFor();
  }

  private static void add(List<String> arguments, String option, @Nullable Path value) {
    if (value != null) {
      arguments.add(option);
      arguments.add(value.toString());
    }
  }
}
