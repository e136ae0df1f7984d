package io.virtrig.daemon;

import io.virtrig.daemon.config.BadConfiguration;
import io.virtrig.daemon.config.Configuration;
import io.virtrig.daemon.config.Settings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;

/**
 * {@code virtrigd}: reads its settings, starts the daemon, says where it listens, and waits to be
 * stopped.
 */
public final class Main {
  private static final int USAGE = 2;
  private static final int FAILURE = 1;

  private Main() {}

  /** Exit codes: 0 stopped or healthy, 1 could not start or not healthy, 2 bad settings. */
  public static void main(String[] arguments) throws InterruptedException {
    Thread logs = EarlyStart.logs();
    Configuration configuration;
    try {
      configuration = Settings.parse(arguments, System.getenv());
    } catch (BadConfiguration e) {
      System.err.println("virtrigd: " + e.getMessage());
      System.exit(USAGE);
      return;
    }
    if (configuration == null) {
      return;
    }
    if (HealthCheck.isAskedFor(arguments)) {
      System.exit(health(configuration));
      return;
    }
    EarlyStart.vocabulary();
    logs.join();
    Daemon daemon;
    try {
      daemon = Daemon.start(configuration);
    } catch (BadConfiguration e) {
      System.err.println("virtrigd: " + e.getMessage());
      System.exit(USAGE);
      return;
    } catch (IOException e) {
      System.err.println("virtrigd: cannot start: " + rootCause(e).getMessage());
      System.exit(FAILURE);
      return;
    }
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  daemon.close();
                  stopped.countDown();
                },
                "shutdown"));
    if (configuration.untilStdinCloses()) {
      var _ = Thread.ofPlatform().daemon().name("stdin").start(Main::exitWithStdin);
    }
    System.out.println(ready(daemon));
    stopped.await();
  }

  private static int health(Configuration configuration) {
    try {
      HealthCheck.run(configuration);
      return 0;
    } catch (IOException e) {
      System.err.println("virtrigd: not healthy: " + e.getMessage());
      return FAILURE;
    }
  }

  private static void exitWithStdin() {
    try {
      while (System.in.read() >= 0) {
        // What comes in means nothing; only the end does.
      }
    } catch (IOException e) {
      // As good as the end.
    }
    System.exit(0);
  }

  static String ready(Daemon daemon) {
    InetSocketAddress metrics = daemon.metricsAddress();
    InetSocketAddress admin = daemon.adminAddress();
    return "virtrigd ready: grpc="
        + text(daemon.grpcAddress())
        + (metrics == null ? "" : " metrics=" + text(metrics))
        + (admin == null ? "" : " admin=" + text(admin));
  }

  private static String text(InetSocketAddress address) {
    String host = address.getAddress().getHostAddress();
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
  }

  private static Throwable rootCause(Throwable thrown) {
    Throwable cause = thrown;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
