package io.virtrig.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtrig.client.Credentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A flag wins over the environment, which wins over the context. */
class EndpointTest {
  private static final String FILE =
      """
      # Mine.
      current: lab
      contexts:
        lab:   # the team's
          target: lab.example:7473
          trust: lab-ca.pem
          token-file: lab.token
        ci:
          target: ci.example:7473
          tls: true
          token-env: CI_TOKEN
        local:
          target: 127.0.0.1:7000
      """;

  @TempDir private Path folder = Path.of("");
  private final Map<String, String> environment = new HashMap<>();
  private Path file = Path.of("");

  @BeforeEach
  void write() throws IOException {
    file = Files.createDirectories(folder.resolve("virtrig")).resolve("config.yaml");
    Files.writeString(file, FILE);
    Files.writeString(folder.resolve("virtrig/lab-ca.pem"), "");
    environment.put("XDG_CONFIG_HOME", folder.toString());
  }

  private Endpoint find() {
    return Endpoint.find(null, null, environment);
  }

  @Test
  void theContextInUseIsTheLastResort() {
    Endpoint endpoint = find();
    assertThat(endpoint.target()).isEqualTo("lab.example:7473");
    assertThat(endpoint.context()).isEqualTo("lab");
    assertThat(endpoint.variables())
        .containsEntry(Credentials.TLS_TRUST, folder.resolve("virtrig/lab-ca.pem").toString())
        .containsEntry(Credentials.TOKEN_FILE, folder.resolve("virtrig/lab.token").toString());
    assertThat(endpoint.credentials()).hasToString("TLS, a token");
  }

  @Test
  void withoutAFileItIsTheDaemonOfThisMachine() throws IOException {
    Files.delete(file);
    assertThat(find().target()).isEqualTo("127.0.0.1:7473");
    assertThat(find().context()).isNull();
    assertThat(Endpoint.named(null, null, environment)).isEmpty();
    environment.put("VIRTRIG_TARGET", "192.0.2.1:7473");
    assertThat(Endpoint.named(null, null, environment)).contains(find());
  }

  @Test
  void aTargetHasNothingOfAContext() {
    environment.put("VIRTRIG_TARGET", "192.0.2.1:7473");
    assertThat(find().target()).isEqualTo("192.0.2.1:7473");
    assertThat(find().credentials()).hasToString("plaintext");
    Endpoint flag = Endpoint.find("192.0.2.2:1", null, environment);
    assertThat(flag.target()).isEqualTo("192.0.2.2:1");
    assertThat(flag.context()).isNull();
  }

  @Test
  void whoNamesAContextHasItsCredentialsForTheTargetToo() {
    environment.put("VIRTRIG_CONTEXT", "lab");
    assertThat(Endpoint.find("lab-2.example:7473", null, environment))
        .returns("lab-2.example:7473", Endpoint::target)
        .returns("lab", Endpoint::context);
    assertThat(Endpoint.find(null, "local", environment).target()).isEqualTo("127.0.0.1:7000");
  }

  @Test
  void aTokenOfTheEnvironmentReplacesTheContexts() {
    environment.put(Credentials.TOKEN, "abc");
    assertThat(find().variables())
        .containsEntry(Credentials.TOKEN, "abc")
        .doesNotContainKey(Credentials.TOKEN_FILE);
    assertThat(find()).hasToString("lab.example:7473");
  }

  @Test
  void aContextsTokenMayBeInAnotherVariable() {
    assertThatThrownBy(() -> Endpoint.find(null, "ci", environment))
        .isInstanceOf(ConfigurationFailure.class)
        .hasMessageContaining("$CI_TOKEN");
    environment.put("CI_TOKEN", "abc");
    assertThat(Endpoint.find(null, "ci", environment).variables())
        .containsEntry(Credentials.TOKEN, "abc")
        .containsEntry(Credentials.TLS, "true");
  }

  @Test
  void usingAnotherChangesOneLine() throws IOException {
    Contexts.read(file).use("ci");
    assertThat(file).content().isEqualTo(FILE.replace("current: lab", "current: \"ci\""));
    assertThat(Contexts.read(file).current()).isEqualTo("ci");
    assertThatThrownBy(() -> Contexts.read(file).use("prod"))
        .isInstanceOf(ConfigurationFailure.class)
        .hasMessageContaining("[lab, ci, local]");
    Files.writeString(file, FILE.replace("current: lab\n", ""));
    Contexts.read(file).use("local");
    assertThat(find().context()).isEqualTo("local");
  }

  @ParameterizedTest
  @CsvSource({
    "token: abc, a token does not stand here",
    "tokn-file: abc, unknown key",
    "tls: {}, neither",
  })
  void whatMakesNoSenseIsSaid(String line, String why) throws IOException {
    Files.writeString(file, FILE.replace("token-file: lab.token", line));
    assertThatThrownBy(() -> find().credentials()).hasMessageContaining(why);
  }

  @ParameterizedTest
  @CsvSource({"'a: [', no YAML", "contexts: 3, no mapping", "'contexts: {a: {}}', no target"})
  void aFileThatIsNoneIsSaid(String text, String why) throws IOException {
    Files.writeString(file, text);
    assertThatThrownBy(this::find)
        .isInstanceOf(ConfigurationFailure.class)
        .hasMessageContaining(why);
  }
}
