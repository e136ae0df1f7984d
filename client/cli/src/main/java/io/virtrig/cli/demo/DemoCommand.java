package io.virtrig.cli.demo;

import io.virtrig.cli.DaemonContainer;
import io.virtrig.cli.DaemonProcess;
import io.virtrig.cli.ExitCode;
import io.virtrig.cli.Terminal;
import io.virtrig.client.VirtrigClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code virtrig demo}. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description =
        "Start a daemon, drive simulated hosts, and show what their kernels answer and why.")
public final class DemoCommand implements Callable<Integer> {

  @Option(
      names = "--target",
      paramLabel = "HOST:PORT",
      description = "A daemon that runs already. Default: one started for the demo.")
  private @Nullable String target;

  @Option(
      names = "--containers",
      description = "Start the daemon in a container of --image instead of as a process.")
  private boolean containers;

  @Option(
      names = "--image",
      paramLabel = "NAME",
      defaultValue = "virtrig:latest",
      description = "The image of the container. Default: ${DEFAULT-VALUE}.")
  private String image = "";

  @Parameters(
      paramLabel = "STORY",
      arity = "0..1",
      description =
          "vdpa: a ping between two vDPA devices, without and with interrupt offloading. Default: a"
              + " tour of VFIO, KVM and interrupts.")
  private @Nullable String story;

  @Spec private @Nullable CommandSpec spec;

  /** For picocli. */
  public DemoCommand() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (story != null && !story.equals(Story.VDPA)) {
      throw new ParameterException(
          Objects.requireNonNull(spec).commandLine(), "the only other story is " + Story.VDPA);
    }
    if (target != null) {
      return tell(target);
    }
    if (containers) {
      try (DaemonContainer daemon = DaemonContainer.start(image)) {
        return tell(daemon.target());
      }
    }
    try (DaemonProcess daemon = DaemonProcess.start()) {
      return tell(daemon.target());
    }
  }

  private int tell(String daemon) throws IOException {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    try (VirtrigClient client = VirtrigClient.connect(daemon)) {
      boolean asTold = new Story(client, out, Terminal.stdout().palette()).tell(story);
      return asTold ? ExitCode.OK : ExitCode.FAILURE;
    }
  }
}
