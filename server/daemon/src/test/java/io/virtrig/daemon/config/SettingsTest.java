package io.virtrig.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
  @TempDir private Path folder;

  @Test
  void withoutSettingsItListensOnLoopback() {
    Configuration configuration = parse(Map.of());
    assertThat(configuration.listen().getAddress().isLoopbackAddress()).isTrue();
    assertThat(configuration.listen().getPort()).isEqualTo(7473);
    assertThat(Objects.requireNonNull(configuration.metrics()).getPort()).isEqualTo(9464);
    assertThat(configuration.tls()).isNull();
  }

  @Test
  void aFlagWinsOverTheEnvironmentWhichWinsOverTheFile() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("virtrigd.yaml"),
            "max-hosts: 3\nmetrics: off\nmax-message-bytes: 1000\n");
    Map<String, String> environment =
        Map.of("VIRTRIG_MAX_HOSTS", "4", "VIRTRIG_MAX_MESSAGE_BYTES", "2000");
    Configuration configuration =
        parse(environment, "--config", file.toString(), "--max-message-bytes=3000");
    assertThat(configuration.maxMessageBytes()).isEqualTo(3000);
    assertThat(configuration.maxHosts()).isEqualTo(4);
    assertThat(configuration.metrics()).isNull();
  }

  @Test
  void theLimitsAreTheUsualOnesUnlessToldOtherwise() {
    assertThat(parse(Map.of()).limits()).isEqualTo(ConnectionLimits.USUAL);
    ConnectionLimits limits =
        parse(Map.of(), "--max-connection-age=0", "--max-streams-per-peer=7").limits();
    assertThat(limits.age()).isZero();
    assertThat(limits.streamsPerPeer()).isEqualTo(7);
  }

  @Test
  void whoMayReadMetricsIsSaidByTokenAndNames() throws IOException {
    Path token = Files.writeString(folder.resolve("token"), "secret");
    assertThat(parse(Map.of()).scraping()).isEqualTo(Scraping.OPEN);
    assertThat(
            parse(Map.of("VIRTRIG_METRICS_NAMES", "a,b"), "--metrics-token-file=" + token)
                .scraping())
        .isEqualTo(new Scraping(token, List.of("a", "b")));
    refused("--metrics-token-file", "--metrics-token-file=" + folder.resolve("missing"));
    refused(
        "--metrics-token-file",
        "--metrics-token-file=" + Files.writeString(folder.resolve("empty"), "\n"));
  }

  @Test
  void plaintextBeyondLoopbackMustBeAskedForByName() {
    refused("--listen", "--listen=0.0.0.0:7473");
    refused("--listen", "--listen=:7473");
    refused("--metrics", "--metrics=0.0.0.0:9464");
    assertThat(parse(Map.of(), "--listen=0.0.0.0:7473", "--insecure").listen().getPort())
        .isEqualTo(7473);
    assertThat(parse(Map.of(), "--listen=0.0.0.0:1", "--tls-cert=c", "--tls-key=k").tls())
        .isNotNull();
    assertThat(parse(Map.of(), "--listen=[::1]:1").listen().getPort()).isEqualTo(1);
  }

  @Test
  void aFlagSaidTwiceOverStillHolds() {
    assertThat(
            parse(Map.of("VIRTRIG_INSECURE", "true"), "--listen=0.0.0.0:7473", "--insecure")
                .listen()
                .getPort())
        .isEqualTo(7473);
  }

  @Test
  void whatMakesNoSenseIsNamed() throws IOException {
    refused("--listen", "--listen=localhost");
    refused("--listen", "--listen=localhost:http");
    refused("--listen", "--listen=localhost:65536");
    refused("--tls", "--tls-cert=c");
    refused("--tls-client-ca", "--tls-client-ca=c");
    refused("--max-hosts", "--max-hosts=0");
    refused("--max-hosts", "--max-hosts=many");
    refused("--shutdown-grace", "--shutdown-grace=-1");
    refused("--max-connections", "--max-connections=0");
    refused("--max-connections-per-peer", "--max-connections-per-peer=0");
    refused("--max-streams", "--max-streams=0");
    refused("--max-streams-per-peer", "--max-streams-per-peer=0");
    refused("--max-connection-idle", "--max-connection-idle=-1");
    refused("--max-connection-age", "--max-connection-age=-1");
    refused("--colour", "--colour");
    refused("missing.yaml", "--config=" + folder.resolve("missing.yaml"));
    refused(
        "colour",
        "--config=" + Files.writeString(folder.resolve("unknown.yaml"), "colour: blue\n"));
    refused("mapping", "--config=" + Files.writeString(folder.resolve("list.yaml"), "- 1\n"));
    refused(
        "plain value",
        "--config=" + Files.writeString(folder.resolve("nested.yaml"), "listen: {a: b}\n"));
    refused("YAML", "--config=" + Files.writeString(folder.resolve("broken.yaml"), "a: [\n"));
  }

  @Test
  void helpAndVersionStartNothing() {
    assertThat(Settings.parse(new String[] {"--help"}, Map.of())).isNull();
    assertThat(Settings.parse(new String[] {"--version"}, Map.of())).isNull();
  }

  private static Configuration parse(Map<String, String> environment, String... arguments) {
    return Objects.requireNonNull(Settings.parse(arguments, environment));
  }

  private static void refused(String named, String... arguments) {
    assertThatThrownBy(() -> Settings.parse(arguments, Map.of()))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining(named);
  }
}
