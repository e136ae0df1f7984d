package io.virtrig.cli;

import io.virtrig.client.VirtrigAdmin;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code virtrig admin drain}. */
@Command(
    name = "drain",
    mixinStandardHelpOptions = true,
    description =
        "Have the daemon say that it does not serve, and take no more calls. Those under way and"
            + " open streams go on. There is no way back but another daemon.")
final class AdminDrainCommand implements Callable<Integer> {

  @Mixin private final AdminConnection connection = new AdminConnection();

  @Override
  public Integer call() {
    try (VirtrigAdmin admin = connection.open()) {
      admin.drain();
    }
    return ExitCode.OK;
  }
}
