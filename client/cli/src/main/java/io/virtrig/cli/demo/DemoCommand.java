package io.virtrig.cli.demo;

import io.virtrig.cli.DaemonContainer;
import io.virtrig.cli.DaemonProcess;
import io.virtrig.cli.ExitCode;
import io.virtrig.cli.Terminal;
import io.virtrig.client.Credentials;
import io.virtrig.client.VirtrigClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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

  /** What can be told. */
  enum Tale {
    /** VFIO, KVM, interrupts and PASIDs. */
    demo,
    /** Two-stage translation on VT-d and SMMUv3. */
    vsva,
    /** A ping between two vDPA devices, without and with interrupt offloading. */
    vdpa
  }

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
      index = "0",
      arity = "0..1",
      defaultValue = "demo",
      paramLabel = "STORY",
      description =
          "demo (default); vsva: two-stage translation, with both stages drawn; vdpa: a ping between"
              + " two vDPA devices, without and with interrupt offloading.")
  private Tale tale = Tale.demo;

  @Spec private @Nullable CommandSpec spec;

  /** For picocli. */
  public DemoCommand() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (target != null) {
      return tell(target, Credentials.fromEnvironment());
    }
    if (containers) {
      try (DaemonContainer daemon = DaemonContainer.start(image)) {
        return tell(daemon.target(), Credentials.none());
      }
    }
    try (DaemonProcess daemon = DaemonProcess.start()) {
      return tell(daemon.target(), Credentials.none());
    }
  }

  private int tell(String daemon, Credentials credentials) throws IOException {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    try (VirtrigClient client = VirtrigClient.connect(daemon, credentials)) {
      boolean asTold = new Story(tale.name(), client, out, Terminal.stdout().palette()).tell();
      return asTold ? ExitCode.OK : ExitCode.FAILURE;
    }
  }
}
