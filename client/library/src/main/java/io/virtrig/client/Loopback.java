package io.virtrig.client;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which targets do not leave this machine. */
final class Loopback {
  private static final Pattern SCHEME = Pattern.compile("(dns|ipv4|ipv6|passthrough):/*(.*)");
  private static final Pattern PORT = Pattern.compile(":[0-9]*$");
  private static final Pattern ADDRESS =
      Pattern.compile("localhost|127(\\.[0-9]{1,3}){3}|::1|\\[::1\\]");

  private Loopback() {}

  /** Whether a target, as gRPC writes them, is certainly this machine. */
  static boolean is(String target) {
    if (target.startsWith("unix:") || target.startsWith("unix-abstract:")) {
      return true;
    }
    Matcher scheme = SCHEME.matcher(target);
    String address = scheme.matches() ? scheme.group(2) : target;
    return ADDRESS.matcher(address).matches() || isWithPort(address);
  }

  private static boolean isWithPort(String address) {
    String host = PORT.matcher(address).replaceFirst("");
    boolean bare = host.indexOf(':') >= 0 && !host.startsWith("[");
    return !bare && ADDRESS.matcher(host).matches();
  }
}
