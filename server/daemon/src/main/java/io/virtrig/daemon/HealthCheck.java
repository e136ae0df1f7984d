package io.virtrig.daemon;

import io.virtrig.daemon.config.Configuration;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;

/**
 * {@code virtrigd --healthcheck}: asks the daemon that has the same settings whether it takes
 * calls, for container engines that know no other way to ask. It reads the page {@code /readyz}, so
 * that it needs neither certificate nor token.
 */
final class HealthCheck {
  private static final String FLAG = "--healthcheck";
  private static final int TIMEOUT_MILLIS = 3000;

  private HealthCheck() {}

  /** Whether the command line asks for it. */
  static boolean isAskedFor(String[] arguments) {
    for (String argument : arguments) {
      if (argument.equals(FLAG)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Asks.
   *
   * @throws IOException when the daemon does not take calls; the message says why
   */
  static void run(Configuration configuration) throws IOException {
    InetSocketAddress address = configuration.metrics();
    if (address == null) {
      throw new IOException("--metrics is off, and its page /readyz is what would be asked");
    }
    InetAddress host = address.getAddress();
    String name =
        (host.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : host).getHostAddress();
    URI page =
        URI.create(
            "http://"
                + (name.indexOf(':') < 0 ? name : "[" + name + "]")
                + ":"
                + address.getPort()
                + "/readyz");
    HttpURLConnection connection = (HttpURLConnection) page.toURL().openConnection();
    try {
      connection.setConnectTimeout(TIMEOUT_MILLIS);
      connection.setReadTimeout(TIMEOUT_MILLIS);
      int status = connection.getResponseCode();
      if (status != HttpURLConnection.HTTP_OK) {
        throw new IOException(page + " answers " + status);
      }
    } finally {
      connection.disconnect();
    }
  }
}
