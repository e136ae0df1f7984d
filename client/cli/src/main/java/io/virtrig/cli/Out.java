package io.virtrig.cli;

import java.io.PrintWriter;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Where a command writes. Picocli sets its specification before it is called, never in the
 * constructor.
 */
final class Out {

  private Out() {}

  static PrintWriter of(@Nullable CommandSpec spec) {
    return command(spec).getOut();
  }

  static CommandLine command(@Nullable CommandSpec spec) {
    return Objects.requireNonNull(spec).commandLine();
  }
}
