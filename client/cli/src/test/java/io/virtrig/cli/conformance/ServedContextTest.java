package io.virtrig.cli.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.virtrig.cli.ExitCode;
import io.virtrig.daemon.Daemon;
import io.virtrig.daemon.config.Configuration;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Cases and the demo on a daemon that is known by a context alone: TLS, and the token of a tenant.
 * The command is a process, for its environment is what this is about.
 */
class ServedContextTest {
  private static final String TENANT = "alice";
  private static final String TOKEN = "token-of-alice";
  private static final String CREATED =
      "\"tenant\":\"" + TENANT + "\".*\"act\":\"host.create\".*\"outcome\":\"OK\".*";

  @TempDir private Path folder = Path.of("");
  private Path audit = Path.of("");
  private Daemon daemon;

  @BeforeEach
  void start() throws Exception {
    X509Bundle certificate =
        new CertificateBuilder()
            .subject("CN=rigs")
            .addSanDnsName("rigs.example")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    Path chain = write("virtrig/rigs.pem", certificate.getCertificatePathPEM());
    Path key = write("rigs.key", certificate.getPrivateKeyPEM());
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(TOKEN.getBytes(UTF_8));
    Path tenants =
        write(
            "tenants.yaml",
            "tenants: [{name: %s, tokens: [\"sha256:%s\"]}]\n"
                .formatted(TENANT, HexFormat.of().formatHex(hash)));
    write("virtrig/alice.token", TOKEN + "\n");
    write("virtrig/mallory.token", "token-of-mallory\n");
    audit = folder.resolve("audit.log");
    daemon =
        Daemon.start(
            new Configuration(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                    null,
                    new Configuration.Tls(chain, key, null),
                    1000,
                    4 << 20,
                    Duration.ofSeconds(1),
                    List.of(),
                    false)
                .with(new Configuration.Access(tenants, null, audit.toString())));
    write(
        "virtrig/config.yaml",
        """
        current: rigs
        contexts:
          rigs: {target: %1$s, trust: rigs.pem, server-name: rigs.example, token-file: alice.token}
          other: {target: %1$s, trust: rigs.pem, server-name: rigs.example, token-file: mallory.token}
        """
            .formatted("127.0.0.1:" + daemon.grpcAddress().getPort()));
  }

  @AfterEach
  void stop() {
    daemon.close();
  }

  private Path write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  /** What a command exited with and said. */
  private record Outcome(int code, String out, String err) {}

  /** Runs a command where the contexts are, and nothing else of this process's environment. */
  private Outcome virtrig(Map<String, String> environment, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
    command.add("io.virtrig.cli.Main");
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("VIRTRIG_"));
    builder.environment().put("XDG_CONFIG_HOME", folder.toString());
    builder.environment().putAll(environment);
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    int code = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start().waitFor();
    return new Outcome(code, Files.readString(out), Files.readString(err));
  }

  /** How many hosts the tenant has made. The daemon's end is that of its log. */
  private long created() throws IOException {
    daemon.close();
    return Files.readAllLines(audit).stream().filter(line -> line.matches(".*" + CREATED)).count();
  }

  @Test
  void casesRunAsTheTenantOfTheContextInUse() throws Exception {
    Path cases = SharedCases.folder().resolve("vfio/container.jsonl");
    long count = CaseFiles.texts(List.of(cases)).size();
    assertThat(count).isPositive();
    Outcome run = virtrig(Map.of(), "conformance", "run", cases.toString());
    assertThat(run.code()).as(run.toString()).isZero();
    assertThat(run.out()).contains(count + " passed, 0 failed, 0 unsupported");
    assertThat(created()).isEqualTo(count);
  }

  @Test
  void theDemoIsToldThereToo() throws Exception {
    Outcome demo = virtrig(Map.of("VIRTRIG_CONTEXT", "rigs"), "demo");
    assertThat(demo.code()).as(demo.toString()).isZero();
    assertThat(created()).isPositive();
  }

  @Test
  void aContextNamedIsNotTheOneInUse() throws Exception {
    Path cases =
        write("cases/one.jsonl", "{\"id\": \"one-1\", \"steps\": [{\"do\": \"eventfd\"}]}\n");
    for (String[] command :
        new String[][] {{"conformance", "run", cases.toString()}, {"demo"}, {"host", "list"}}) {
      List<String> arguments = new ArrayList<>(List.of(command));
      arguments.addAll(List.of("--context", "other"));
      Outcome refused = virtrig(Map.of(), arguments.toArray(String[]::new));
      assertThat(refused.code()).as(refused.toString()).isEqualTo(ExitCode.FAILURE);
      assertThat(refused.out() + refused.err()).contains("no credentials that are known here");
    }
    assertThat(created()).isZero();
  }

  @Test
  void whoWantsHisOwnDaemonHasNothingOfTheContext() throws Exception {
    // No launcher has said where a daemon is, so that its own is one that cannot start.
    Outcome own = virtrig(Map.of("VIRTRIG_DAEMON_HOME", ""), "demo", "--own-daemon");
    assertThat(own.code()).isEqualTo(ExitCode.FAILURE);
    assertThat(own.err()).contains("VIRTRIG_DAEMON_HOME");
    for (String flag : List.of("--own-daemon", "--containers")) {
      Outcome both = virtrig(Map.of(), "demo", flag, "--context", "rigs");
      assertThat(both.code()).isEqualTo(ExitCode.USAGE);
      assertThat(both.err()).contains(flag + " starts a daemon");
    }
    assertThat(created()).isZero();
  }
}
