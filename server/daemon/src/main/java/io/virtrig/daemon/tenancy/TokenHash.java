package io.virtrig.daemon.tenancy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The SHA-256 of a bearer token, all that the daemon keeps of one. Tokens are looked up by it: how
 * long that takes says nothing of a token, for nobody chooses a hash.
 *
 * @param hex 64 digits; none for {@link #NOBODYS}
 */
public record TokenHash(String hex) {
  /** That of what is no token. No file can say it. */
  public static final TokenHash NOBODYS = new TokenHash("");

  private static final String PREFIX = "sha256:";
  private static final Pattern WRITTEN = Pattern.compile(PREFIX + "[0-9a-f]{64}");

  /** That of a token. */
  public static TokenHash of(String token) {
    if (token.isEmpty()) {
      return NOBODYS;
    }
    try {
      return new TokenHash(
          HexFormat.of()
              .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(UTF_8))));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has it", e);
    }
  }

  /** The one that a file says; null when it is none. */
  static @Nullable TokenHash read(String text) {
    return WRITTEN.matcher(text).matches() ? new TokenHash(text.substring(PREFIX.length())) : null;
  }

  @Override
  public String toString() {
    return PREFIX + hex;
  }
}
