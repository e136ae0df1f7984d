package io.virtrig.cli;

import java.io.PrintWriter;
import picocli.CommandLine;

/** Starts the command line. */
public final class Main {

  private Main() {}

  /** Executes the arguments as a command and exits with its code. */
  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, System.out.charset());
    int exitCode = commandLine(args).setOut(out).execute(args);
    out.flush();
    System.exit(exitCode);
  }

  /** The command, ready to execute these arguments. */
  static CommandLine commandLine(String... arguments) {
    return Virtrig.commandLine(arguments)
        .setExecutionExceptionHandler(new FailureHandler())
        .setExpandAtFiles(false)
        .setUsageHelpAutoWidth(true)
        .setColorScheme(CommandLine.Help.defaultColorScheme(Terminal.stdout().helpColours()));
  }
}
