package io.virtrig.daemon.config;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Reads HOST:PORT. */
final class Addresses {

  private Addresses() {}

  /**
   * An address.
   *
   * @param setting the setting to name when it is none
   * @param text {@code HOST:PORT}, an IPv6 host in brackets; an empty host is every interface
   */
  static InetSocketAddress parse(String setting, String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      throw new BadConfiguration(setting + ": \"" + text + "\" is not of the form HOST:PORT");
    }
    int port = port(setting, text.substring(colon + 1));
    String host = text.substring(0, colon);
    if (host.isEmpty()) {
      return new InetSocketAddress(port);
    }
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new BadConfiguration(setting + ": the host \"" + host + "\" is unknown");
    }
    return address;
  }

  private static int port(String setting, String text) {
    try {
      int port = Integer.parseInt(text);
      if (port >= 0 && port <= 0xffff) {
        return port;
      }
    } catch (NumberFormatException e) {
      // Said below, as for a number that is no port.
    }
    throw new BadConfiguration(setting + ": \"" + text + "\" is no port");
  }

  /** Whether only programs of this machine reach it. */
  static boolean isLoopback(InetSocketAddress address) {
    InetAddress host = address.getAddress();
    return host != null && host.isLoopbackAddress();
  }
}
