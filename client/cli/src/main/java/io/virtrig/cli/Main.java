package io.virtrig.cli;

import io.grpc.netty.shaded.io.netty.util.internal.logging.InternalLoggerFactory;
import io.grpc.netty.shaded.io.netty.util.internal.logging.JdkLoggerFactory;
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
    // Exit looks for a logger first, in all jars. Who started no thread just comes to the end.
    if (exitCode != ExitCode.OK || Thread.activeCount() > 1) {
      System.exit(exitCode);
    }
  }

  /** The command, ready to execute these arguments. */
  static CommandLine commandLine(String... arguments) {
    // Left to itself Netty looks for three other logs first, in all jars.
    InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
    return Virtrig.commandLine(arguments)
        .setExecutionExceptionHandler(new FailureHandler())
        .setExpandAtFiles(false)
        .setUsageHelpAutoWidth(true)
        .setColorScheme(CommandLine.Help.defaultColorScheme(Terminal.stdout().helpColours()));
  }
}
