package io.virtrig.testcontainers;

import io.virtrig.daemon.Daemon;
import io.virtrig.daemon.config.Configuration;
import io.virtrig.daemon.config.Settings;
import java.io.IOException;
import java.util.Map;

/** A daemon in this JVM, on a free port of the loopback interface. */
final class EmbeddedDaemon implements DaemonTarget.Opened {
  private final Daemon daemon;

  EmbeddedDaemon() throws IOException {
    String[] arguments = {
      "--listen", "127.0.0.1:0", "--metrics", "off", "--shutdown-grace", "0",
    };
    Configuration configuration = Settings.parse(arguments, Map.of());
    if (configuration == null) {
      throw new IllegalStateException("the settings ask for help");
    }
    daemon = Daemon.start(configuration);
  }

  @Override
  public String target() {
    return "127.0.0.1:" + daemon.grpcAddress().getPort();
  }

  @Override
  public void close() {
    daemon.close();
  }
}
