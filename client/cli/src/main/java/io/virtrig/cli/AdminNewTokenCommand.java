package io.virtrig.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code virtrig admin new-token}. It asks no daemon: who writes the file puts the hash there. */
@Command(
    name = "new-token",
    mixinStandardHelpOptions = true,
    description =
        "Make a random token. The token goes to standard output, its line for the tenants file to"
            + " standard error.")
final class AdminNewTokenCommand implements Callable<Integer> {
  private static final String PREFIX = "virtrig_";
  private static final int BYTES = 32;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws NoSuchAlgorithmException {
    byte[] random = new byte[BYTES];
    new SecureRandom().nextBytes(random);
    String token = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(token.getBytes(UTF_8));
    Out.of(spec).println(token);
    Out.command(spec).getErr().println("- \"sha256:" + HexFormat.of().formatHex(hash) + "\"");
    Out.command(spec).getErr().flush();
    return ExitCode.OK;
  }
}
