package io.virtrig.cli;

import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * The run from which the JVM makes the AOT cache of all commands but those of {@link
 * OperationTraining}: the short life of a host. All classes of a cache are loaded whenever it is
 * used, so this one holds what a command needs that knows of no operation, and no more.
 */
final class Training {

  private Training() {}

  /** Trains. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    execute(ExitCode.OK, "--version");
    execute(ExitCode.OK, "--help");
    execute(ExitCode.USAGE, "host", "unknown");
    try (DaemonProcess daemon = DaemonProcess.launch()) {
      String target = daemon.target();
      call(target, ExitCode.OK, "host", "create", "--id", "rig", "--lease", "1h");
      call(target, ExitCode.OK, "host", "list");
      call(target, ExitCode.OK, "host", "list", "-o", "json");
      call(target, ExitCode.OK, "host", "describe", "rig");
      call(target, ExitCode.OK, "host", "graph", "rig");
      call(target, ExitCode.OK, "host", "clone", "rig", "--id", "copy");
      call(target, ExitCode.OK, "host", "renew", "copy", "--lease", "2h");
      call(target, ExitCode.OK, "events", "rig");
      call(target, ExitCode.OK, "trace", "rig");
      call(target, ExitCode.OK, "iommu", "decode", "0".repeat(32));
      call(target, ExitCode.OK, "host", "delete", "rig", "copy");
      call(target, ExitCode.NOT_FOUND, "host", "describe", "rig");
    }
  }

  private static void call(String target, int expected, String... arguments) {
    execute(
        expected,
        Stream.concat(Arrays.stream(arguments), Stream.of("--target", target))
            .toArray(String[]::new));
  }

  private static void execute(int expected, String... arguments) {
    int code = Main.commandLine(arguments).execute(arguments);
    if (code != expected) {
      throw new IllegalStateException(String.join(" ", arguments) + " ended with " + code);
    }
  }
}
