package io.virtrig.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What administrators type, to a daemon without tenants, which asks nobody who they are. */
class ServedAdminTest {
  @Test
  void quotasHostsAndDrain() throws Exception {
    try (LocalDaemon daemon = LocalDaemon.start()) {
      assertThat(daemon.virtrig("host", "create", "--id", "one").exit()).isZero();
      assertThat(admin(daemon, "tenants").out()).contains("QUOTA").contains("guest-bytes");
      assertThat(admin(daemon, "quota", "", "calls-in-flight=0").exit()).isZero();
      CommandRun list = daemon.virtrig("host", "list");
      assertThat(list.exit()).isEqualTo(ExitCode.FAILURE);
      assertThat(list.err()).contains("quota calls-in-flight: 0 of 0 are in use");
      assertThat(admin(daemon, "quota", "", "calls-in-flight=9").exit()).isZero();
      assertThat(admin(daemon, "quota", "", "hosts=1").exit()).isZero();
      CommandRun create = daemon.virtrig("host", "create");
      assertThat(create.exit()).isEqualTo(ExitCode.FAILURE);
      assertThat(create.err()).contains("quota hosts: 1 of 1 are in use");
      assertThat(admin(daemon, "hosts", "").out()).contains("EVENTFDS").contains("one");
      assertThat(admin(daemon, "delete-host", "", "one").exit()).isZero();
      assertThat(admin(daemon, "delete-host", "", "one").exit()).isEqualTo(ExitCode.NOT_FOUND);
      assertThat(admin(daemon, "drain").exit()).isZero();
      CommandRun drained = daemon.virtrig("host", "list");
      assertThat(drained.exit()).isEqualTo(ExitCode.FAILURE);
      assertThat(drained.err()).contains("draining");
    }
  }

  private static CommandRun admin(LocalDaemon daemon, String... arguments) {
    List<String> all = new ArrayList<>(List.of("admin"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--admin", daemon.admin()));
    return CommandRun.of(all.toArray(new String[0]));
  }

  @Test
  void aNewTokenIsItsOwnersAloneAndComesOnce(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("a.token");
    CommandRun made = CommandRun.of("admin", "new-token", file.toString());
    assertThat(made.exit()).isZero();
    String token = Files.readString(file);
    assertThat(token).matches("virtrig_[A-Za-z0-9_-]{43}\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(token.strip().getBytes(UTF_8));
    assertThat(made.out()).isEqualTo("\"sha256:" + HexFormat.of().formatHex(hash) + "\"\n");
    CommandRun again = CommandRun.of("admin", "new-token", file.toString());
    assertThat(again.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(again.err()).contains("is there already");
    assertThat(file).hasContent(token);
  }
}
