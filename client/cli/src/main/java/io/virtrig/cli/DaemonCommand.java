package io.virtrig.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code virtrig daemon}. */
@Command(
    name = "daemon",
    description =
        "Start the daemon in the foreground. Its options follow; `virtrig daemon --help` lists them.")
final class DaemonCommand implements Callable<Integer> {

  @Unmatched private final List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() throws IOException, InterruptedException {
    Process daemon = new ProcessBuilder(DaemonProcess.command(arguments)).inheritIO().start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(daemon)));
    return daemon.waitFor();
  }

  /** Lets the daemon shut down as gracefully as it would have done had it got the signal itself. */
  private static void end(Process daemon) {
    daemon.destroy();
    try {
      daemon.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
