package io.virtrig.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code virtrig admin new-token}. It asks no daemon: who writes the file puts the hash there. */
@Command(
    name = "new-token",
    mixinStandardHelpOptions = true,
    description =
        "Make a random token. It is written to a file that only its owner reads; standard output"
            + " says what the tenants file has in its place.")
final class AdminNewTokenCommand implements Callable<Integer> {
  private static final String PREFIX = "virtrig_";
  private static final int BYTES = 32;

  @Parameters(index = "0", paramLabel = "FILE", description = "A file that is not there yet.")
  private @Nullable Path file;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException, NoSuchAlgorithmException {
    byte[] random = new byte[BYTES];
    new SecureRandom().nextBytes(random);
    String token = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    write(token + "\n");
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(token.getBytes(UTF_8));
    Out.of(spec).println("\"sha256:" + HexFormat.of().formatHex(hash) + "\"");
    return ExitCode.OK;
  }

  private void write(String token) throws IOException {
    Path wanted = Objects.requireNonNull(file);
    try {
      Files.createFile(
          wanted,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (FileAlreadyExistsException e) {
      throw new ParameterException(
          Out.command(spec), "FILE: " + wanted + " is there already, and stays as it is", e);
    }
    Files.writeString(wanted, token);
  }
}
