package io.virtrig.cli;

import java.io.PrintWriter;
import picocli.CommandLine;

/** Starts the command line. */
public final class Main {

  private Main() {}

  /** Executes the arguments as a command and exits with its code. */
  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, System.out.charset());
    int exitCode = commandLine().setOut(out).execute(args);
    out.flush();
    System.exit(exitCode);
  }

  /** The whole command, ready to execute. */
  static CommandLine commandLine() {
    return Virtrig.commandLine()
        .setExecutionExceptionHandler(new FailureHandler())
        .setExpandAtFiles(false)
        .setUsageHelpAutoWidth(true)
        .setColorScheme(CommandLine.Help.defaultColorScheme(Terminal.stdout().helpColours()));
  }
}
