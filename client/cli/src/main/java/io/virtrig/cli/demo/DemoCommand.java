package io.virtrig.cli.demo;

import io.virtrig.cli.DaemonContainer;
import io.virtrig.cli.ExitCode;
import io.virtrig.cli.NamedOrOwnDaemon;
import io.virtrig.cli.Terminal;
import io.virtrig.client.Credentials;
import io.virtrig.client.VirtrigClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code virtrig demo}. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = "Drive simulated hosts, and show what their kernels answer and why.")
public final class DemoCommand implements Callable<Integer> {

  @Mixin private final NamedOrOwnDaemon daemon = new NamedOrOwnDaemon();

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
      description = "A daemon of the demo's own in a container of --image.")
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
    if (!containers) {
      return daemon.use(_ -> this::tell);
    }
    daemon.refuseNames("--containers");
    try (DaemonContainer container = DaemonContainer.start(image);
        VirtrigClient client = VirtrigClient.connect(container.target(), Credentials.none())) {
      return tell(client);
    }
  }

  private int tell(VirtrigClient client) throws IOException {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    boolean asTold = new Story(tale.name(), client, out, Terminal.stdout().palette()).tell();
    return asTold ? ExitCode.OK : ExitCode.FAILURE;
  }
}
