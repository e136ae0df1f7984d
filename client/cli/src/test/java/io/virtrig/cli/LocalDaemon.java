package io.virtrig.cli;

import io.virtrig.client.VirtrigClient;
import io.virtrig.daemon.Daemon;
import io.virtrig.daemon.config.Configuration;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** A daemon in this process, which everybody on the machine may call and administer. */
public final class LocalDaemon implements AutoCloseable {
  private final Daemon daemon;

  private LocalDaemon(Daemon daemon) {
    this.daemon = daemon;
  }

  /** Starts one on any port. */
  public static LocalDaemon start() throws IOException {
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    return new LocalDaemon(
        Daemon.start(
            new Configuration(
                    anyPort, null, null, 1000, 4 << 20, Duration.ofSeconds(1), List.of(), false)
                .with(new Configuration.Access(null, anyPort, null))));
  }

  /** Where it serves. */
  public String target() {
    return text(daemon.grpcAddress());
  }

  /** Where it is administered. */
  String admin() {
    return text(Objects.requireNonNull(daemon.adminAddress()));
  }

  /** One who calls it. */
  public VirtrigClient connect() {
    return VirtrigClient.connect(target());
  }

  /** Runs {@code virtrig} with these arguments, told of this daemon. */
  CommandRun virtrig(String... arguments) {
    String[] all = Arrays.copyOf(arguments, arguments.length + 2);
    all[arguments.length] = "--target";
    all[arguments.length + 1] = target();
    return CommandRun.of(all);
  }

  @Override
  public void close() {
    daemon.close();
  }

  private static String text(InetSocketAddress address) {
    return "127.0.0.1:" + address.getPort();
  }
}
