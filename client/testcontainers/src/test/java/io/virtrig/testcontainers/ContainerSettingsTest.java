package io.virtrig.testcontainers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a container is told, and what its clients then show; none is started. */
class ContainerSettingsTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void tlsTenantsAndATokenGoToBothSides() throws Exception {
    Path certificate = Files.writeString(folder.resolve("daemon.pem"), "");
    Path key = Files.writeString(folder.resolve("daemon.key"), "");
    Path tenants = Files.writeString(folder.resolve("tenants.yaml"), "");
    try (VirtrigContainer container =
        new VirtrigContainer()
            .withTls(certificate, key)
            .withTenants(tenants)
            .withTenantToken("abc")) {
      assertThat(container.getEnvMap())
          .containsEntry("VIRTRIG_TLS_CERT", "/run/virtrig/tls.crt")
          .containsEntry("VIRTRIG_TLS_KEY", "/run/virtrig/tls.key")
          .containsEntry("VIRTRIG_TENANTS", "/run/virtrig/tenants.yaml")
          .doesNotContainValue("abc");
      assertThat(container.getBinds())
          .extracting(bind -> bind.getPath() + " " + bind.getAccessMode())
          .containsExactly(certificate + " ro", key + " ro", tenants + " ro");
      assertThat(container.credentials()).hasToString("TLS, a token");
    }
    try (VirtrigContainer plain = new VirtrigContainer()) {
      assertThat(plain.credentials()).hasToString("plaintext");
    }
  }
}
