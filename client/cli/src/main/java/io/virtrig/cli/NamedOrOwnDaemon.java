package io.virtrig.cli;

import io.virtrig.client.VirtrigClient;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options of a command that starts a daemon of its own when it is told of none. */
public final class NamedOrOwnDaemon {

  @Mixin private final Connection connection = new Connection();

  @Option(
      names = "--own-daemon",
      description = "One of the command's own, whatever the environment and the contexts say.")
  private boolean own;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  /** For picocli's users. */
  public NamedOrOwnDaemon() {}

  /**
   * What a command does with a daemon.
   *
   * @param <T> what comes of it
   */
  @FunctionalInterface
  public interface Use<T> extends AutoCloseable {
    /** Does it. */
    T with(VirtrigClient client) throws IOException, InterruptedException;

    /** Ends what the preparation began, whether there was a daemon in the end or not. */
    @Override
    default void close() {}
  }

  /**
   * What a command does first, which needs no daemon.
   *
   * @param <T> what comes of it in the end
   */
  @FunctionalInterface
  public interface Preparation<T> {
    /**
     * Does it, and says what to do then.
     *
     * @param tenant whether the caller says who it is, to a daemon that may count its hosts
     */
    Use<T> prepare(boolean tenant) throws IOException;
  }

  /**
   * Does it with the daemon that a flag, the environment or a context names, or else with one that
   * ends with it, and that starts while it is prepared.
   *
   * @throws IOException when its own does not start
   */
  public <T> T use(Preparation<T> preparation) throws IOException, InterruptedException {
    if (own) {
      refuseNames("--own-daemon");
    }
    Optional<Endpoint> named = own ? Optional.empty() : connection.named();
    if (named.isPresent()) {
      try (Use<T> use = preparation.prepare(!named.get().credentials().isAnonymous());
          VirtrigClient client = connection.open(named.get())) {
        return use.with(client);
      }
    }
    try (DaemonProcess daemon = launch(preparation);
        Use<T> use = preparation.prepare(false)) {
      Endpoint endpoint = new Endpoint(daemon.target(), Map.of(), null);
      try (VirtrigClient client = connection.open(endpoint)) {
        return use.with(client);
      }
    }
  }

  /** Where no daemon can be launched, what is wrong with the command's arguments is told first. */
  private static DaemonProcess launch(Preparation<?> preparation) throws IOException {
    try {
      return DaemonProcess.launch();
    } catch (IOException e) {
      preparation.prepare(false).close();
      throw e;
    }
  }

  /** Flags that contradict each other are the user's mistake. */
  public void refuseNames(String flag) {
    if (connection.isNamed()) {
      throw new ParameterException(
          Out.command(spec), flag + " starts a daemon, --target and --context name one");
    }
  }
}
