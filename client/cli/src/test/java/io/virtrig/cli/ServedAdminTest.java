package io.virtrig.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.daemon.Daemon;
import io.virtrig.daemon.config.Configuration;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What administrators type, to a daemon without tenants, which asks nobody who they are. */
class ServedAdminTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    CommandLine line = Virtrig.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    line.setExecutionExceptionHandler(new FailureHandler());
    return line.execute(arguments);
  }

  @Test
  void quotasHostsAndDrain() throws Exception {
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    Configuration configuration =
        new Configuration(anyPort, null, null, 10, 4 << 20, Duration.ofSeconds(1), List.of(), false)
            .with(new Configuration.Access(null, anyPort, null));
    try (Daemon daemon = Daemon.start(configuration)) {
      String target = "127.0.0.1:" + daemon.grpcAddress().getPort();
      String admin = "127.0.0.1:" + Objects.requireNonNull(daemon.adminAddress()).getPort();
      assertThat(run("host", "create", "--id", "one", "--target", target)).isZero();
      assertThat(run("admin", "tenants", "--admin", admin)).isZero();
      assertThat(out.toString()).contains("QUOTA").contains("guest-bytes");
      assertThat(run("admin", "quota", "", "calls-in-flight=0", "--admin", admin)).isZero();
      assertThat(run("host", "list", "--target", target)).isEqualTo(ExitCode.FAILURE);
      assertThat(err.toString()).contains("quota calls-in-flight: 0 of 0 are in use");
      assertThat(run("admin", "quota", "", "calls-in-flight=9", "--admin", admin)).isZero();
      assertThat(run("admin", "quota", "", "hosts=1", "--admin", admin)).isZero();
      assertThat(run("host", "create", "--target", target)).isEqualTo(ExitCode.FAILURE);
      assertThat(err.toString()).contains("quota hosts: 1 of 1 are in use");
      assertThat(run("admin", "hosts", "", "--admin", admin)).isZero();
      assertThat(out.toString()).contains("EVENTFDS").contains("one");
      assertThat(run("admin", "delete-host", "", "one", "--admin", admin)).isZero();
      assertThat(run("admin", "delete-host", "", "one", "--admin", admin))
          .isEqualTo(ExitCode.NOT_FOUND);
      assertThat(run("admin", "drain", "--admin", admin)).isZero();
      assertThat(run("host", "list", "--target", target)).isEqualTo(ExitCode.FAILURE);
      assertThat(err.toString()).contains("draining");
    }
  }

  @Test
  void aNewTokenIsItsOwnersAloneAndComesOnce(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("a.token");
    assertThat(run("admin", "new-token", file.toString())).isZero();
    String token = Files.readString(file);
    assertThat(token).matches("virtrig_[A-Za-z0-9_-]{43}\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(token.strip().getBytes(UTF_8));
    assertThat(out).hasToString("\"sha256:" + HexFormat.of().formatHex(hash) + "\"\n");
    assertThat(run("admin", "new-token", file.toString())).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("is there already");
    assertThat(file).hasContent(token);
  }
}
