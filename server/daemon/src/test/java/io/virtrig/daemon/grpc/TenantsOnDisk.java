package io.virtrig.daemon.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.virtrig.daemon.config.Configuration;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A tenants file; each tenant's token is its name and {@value #SUFFIX}. */
public final class TenantsOnDisk {
  private static final String SUFFIX = "-token";

  private final Path file;
  private final StringBuilder text = new StringBuilder("tenants:\n");

  public TenantsOnDisk(Path folder) {
    file = folder.resolve("tenants.yaml");
  }

  public static String token(String name) {
    return name + SUFFIX;
  }

  static String hash(String token) {
    try {
      return "sha256:"
          + HexFormat.of()
              .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Adds a tenant. */
  public TenantsOnDisk tenant(String name, String... quotas) {
    text.append("  - name: ").append(name).append("\n    tokens: [\"");
    text.append(hash(token(name))).append("\"]\n");
    if (quotas.length > 0) {
      text.append("    quotas: {").append(String.join(", ", quotas)).append("}\n");
    }
    return this;
  }

  /** Adds a tenant that shows a certificate. */
  TenantsOnDisk certified(String name, String certificate) {
    text.append("  - name: ").append(name).append("\n    certificates: [\"");
    text.append(certificate).append("\"]\n");
    return this;
  }

  /** Adds an administrator; no tenant comes after. */
  TenantsOnDisk admin(String name) {
    text.append("admins:\n  - name: ").append(name).append("\n    tokens: [\"");
    text.append(hash(token(name))).append("\"]\n");
    return this;
  }

  /** Writes it, in the place of the one before. */
  public TenantsOnDisk write() throws IOException {
    return write(text.toString());
  }

  TenantsOnDisk write(String anything) throws IOException {
    Path next = Files.writeString(file.resolveSibling("next.yaml"), anything);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return this;
  }

  Path file() {
    return file;
  }

  public Configuration.Access access() {
    return new Configuration.Access(file, null, null);
  }

  /** With a listener for administrators on any port. */
  Configuration.Access administered() {
    return new Configuration.Access(
        file, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), null);
  }
}
