package io.virtrig.daemon.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.util.NetUtil;
import io.virtrig.daemon.config.Scraping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Who may read a page.
 *
 * <p>A page of somebody else's in a browser here can have its own name lead to this daemon (DNS
 * rebinding), and then read what it answers. The browser sends that name along, so names that are
 * not ours get no answer. Addresses cannot be made to lead elsewhere.
 *
 * <p>The token is read from its file each time: it may change.
 */
final class PageAccess {
  private static final String BEARER = "Bearer ";
  private static final String BASIC = "Basic ";

  private final @Nullable Path tokenFile;
  private final Set<String> names;

  PageAccess(Scraping scraping) {
    tokenFile = scraping.tokenFile();
    names =
        scraping.names().stream()
            .map(name -> name.toLowerCase(Locale.ROOT))
            .collect(Collectors.toUnmodifiableSet());
  }

  /** Whether the host that a request names is this one. */
  boolean isOurs(@Nullable String host) {
    if (host == null) {
      return false;
    }
    String name = host.replaceFirst(":[0-9]*$", "").toLowerCase(Locale.ROOT);
    if (name.startsWith("[") && name.endsWith("]")) {
      return NetUtil.isValidIpV6Address(name.substring(1, name.length() - 1));
    }
    return name.equals("localhost") || NetUtil.isValidIpV4Address(name) || names.contains(name);
  }

  /** Whether whoever sends this authorization knows the token, if there is one. */
  boolean knowsToken(@Nullable String authorization) {
    if (tokenFile == null) {
      return true;
    }
    if (authorization == null) {
      return false;
    }
    try {
      byte[] token = Files.readString(tokenFile).strip().getBytes(UTF_8);
      return token.length > 0 && MessageDigest.isEqual(token, given(authorization).getBytes(UTF_8));
    } catch (IOException e) {
      return false;
    }
  }

  /** What a scraper sends as it is, and a browser as the password of whatever user. */
  private static String given(String authorization) {
    if (authorization.startsWith(BEARER)) {
      return authorization.substring(BEARER.length()).strip();
    }
    if (authorization.startsWith(BASIC)) {
      try {
        String pair =
            new String(
                Base64.getDecoder().decode(authorization.substring(BASIC.length()).strip()), UTF_8);
        return pair.substring(pair.indexOf(':') + 1);
      } catch (IllegalArgumentException e) {
        return "";
      }
    }
    return "";
  }
}
