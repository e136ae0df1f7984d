package io.virtrig.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.testcontainers.VirtrigContainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.BindMode;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.utility.DockerImageName;

/** Two tenants, each a container with the command line, on one daemon in a third. */
class TenantContainersTest {
  private static final DockerImageName IMAGE =
      DockerImageName.parse(System.getProperty("virtrig.containers.image", "virtrig:latest"));
  private static final Path COMMAND_LINE = Path.of("target", "lib").toAbsolutePath();
  private static final String DAEMON = "rigs";

  @Test
  void shareADaemonAndSeeNothingOfEachOther(@TempDir Path folder) throws Exception {
    Assumptions.assumeTrue(
        Boolean.getBoolean("virtrig.containers.required"),
        "tenants in containers are tried where -Dcontainers.required=true says so");
    assertThat(COMMAND_LINE)
        .as("made by mvn package")
        .isDirectoryContaining("glob:**/virtrig-cli-*.jar");
    String file =
        """
        tenants:
          - {name: a, tokens: ["%s"], quotas: {hosts: 1}}
          - {name: b, tokens: ["%s"]}
        """
            .formatted(hashOf("token-of-a"), hashOf("token-of-b"));
    Path tenants = Files.writeString(folder.resolve("tenants.yaml"), file);
    // The daemon is another user in its container.
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setPosixFilePermissions(tenants, PosixFilePermissions.fromString("rw-r--r--"));
    try (Network network = Network.newNetwork();
        VirtrigContainer daemon =
            new VirtrigContainer(IMAGE.asCanonicalNameString())
                .withTenants(tenants)
                .withNetwork(network)
                .withNetworkAliases(DAEMON);
        GenericContainer<?> a = tenant(network, "token-of-a");
        GenericContainer<?> b = tenant(network, "token-of-b");
        GenericContainer<?> stranger = tenant(network, "token-of-nobody")) {
      daemon.start();
      a.start();
      b.start();
      stranger.start();

      assertThat(virtrig(a, "host", "create", "--id", "rig").getExitCode()).isZero();
      ExecResult listed = virtrig(b, "host", "list");
      assertThat(listed.getExitCode()).as(listed.getStderr()).isZero();
      assertThat(listed.getStdout()).startsWith("ID").doesNotContain("rig");
      ExecResult others = virtrig(b, "host", "describe", "rig");
      assertThat(others.getExitCode()).isEqualTo(ExitCode.NOT_FOUND);
      assertThat(others.getStderr())
          .isEqualTo(virtrig(a, "host", "describe", "gir").getStderr().replace("gir", "rig"));

      assertThat(virtrig(b, "host", "create", "--id", "rig").getExitCode()).isZero();
      assertThat(virtrig(b, "host", "delete", "rig").getExitCode()).isZero();
      assertThat(virtrig(a, "host", "list").getStdout()).contains("rig");

      assertThat(virtrig(a, "host", "create").getStderr()).contains("hosts: 1 of 1 are in use");
      assertThat(virtrig(stranger, "host", "list").getStderr()).contains("credentials");
    }
  }

  /** A container in which that tenant calls. */
  private static GenericContainer<?> tenant(Network network, String token) {
    return new GenericContainer<>(IMAGE)
        .withNetwork(network)
        .withFileSystemBind(COMMAND_LINE.toString(), "/cli", BindMode.READ_ONLY)
        .withEnv("VIRTRIG_TARGET", DAEMON + ":7473")
        .withEnv("VIRTRIG_TOKEN", token)
        .withEnv("VIRTRIG_TOKEN_IN_PLAINTEXT", "true")
        .withImagePullPolicy(name -> false)
        .withCreateContainerCmdModifier(command -> command.withEntrypoint("sleep", "600"));
  }

  private static ExecResult virtrig(GenericContainer<?> tenant, String... arguments)
      throws Exception {
    String[] command = new String[arguments.length + 4];
    command[0] = "java";
    command[1] = "-cp";
    command[2] = "/cli/*";
    command[3] = "io.virtrig.cli.Main";
    System.arraycopy(arguments, 0, command, 4, arguments.length);
    return tenant.execInContainer(command);
  }

  private static String hashOf(String token) throws Exception {
    return "sha256:"
        + HexFormat.of()
            .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(UTF_8)));
  }
}
