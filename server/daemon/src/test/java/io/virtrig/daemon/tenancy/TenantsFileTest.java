package io.virtrig.daemon.tenancy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtrig.daemon.config.BadConfiguration;
import io.virtrig.daemon.quota.Quota;
import io.virtrig.daemon.quota.Quotas;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TenantsFileTest {
  private static final String HASH = "sha256:" + "0123456789abcdef".repeat(4);

  @Test
  void everythingIsRead() {
    TenantTable table =
        TenantsFile.read(
            """
            tenants:
              - name: team-a
                tokens: ["%s"]
                certificates: ["uri:spiffe://lab/a", "dns:Rig.Lab", "subject:CN=rig, O=lab"]
                quotas: {hosts: 3, operations-per-second: 0}
              - name: team-b
            admins:
              - name: team-a
                certificates: ["subject:CN=ops"]
            """
                .formatted(HASH));
    TenantTable.Entry a = table.tenants().getFirst();
    assertThat(a.tokens()).containsExactly(new TokenHash(HASH.substring("sha256:".length())));
    assertThat(a.certificates())
        .extracting(CertificateName::text)
        .containsExactly("uri:spiffe://lab/a", "dns:rig.lab", "subject:cn=rig,o=lab");
    assertThat(a.quotas())
        .isEqualTo(new Quotas(Map.of(Quota.HOSTS, 3L, Quota.OPERATIONS_PER_SECOND, 0L)));
    assertThat(table.tenants().get(1).quotas()).isEqualTo(Quotas.NONE);
    assertThat(table.admins()).hasSize(1);
  }

  @Test
  void whatItDoesNotKnowItRefusesByName() {
    refused("[", "YAML");
    refused("tenants: {}", "tenants: not a list");
    refused("tenants: [x]", "tenants: not a mapping");
    refused("tenants: [{name: a, token: x}]", "\"token\"");
    refused("tenant: [{name: a}]", "\"tenant\"");
    refused("tenants: [{tokens: []}]", "name");
    refused("tenants: [{name: a/b}]", "\"a/b\"");
    refused("tenants: [{name: a}, {name: a}]", "two are called a");
    refused("tenants: [{name: a, certificates: [\"subject:nonsense\"]}]", "certificates: number 1");
    refused("tenants: [{name: a, certificates: [\"ip:127.0.0.1\"]}]", "certificates: number 1");
    refused("tenants: [{name: a, quotas: {hosts: -1}}]", "hosts");
    refused("tenants: [{name: a, quotas: {hosts: many}}]", "hosts");
    refused("tenants: [{name: a, quotas: {host: 1}}]", "\"host\"");
    refused("tenants: [{name: a}]\nadmins: [{name: o, quotas: {hosts: 1}}]", "\"quotas\"");
    String token = "tokens: [\"" + HASH + "\"]";
    refused("tenants: [{name: a, " + token + "}, {name: b, " + token + "}]", "a second time");
    refused("tenants: [{name: a, " + token + "}]\nadmins: [{name: o, " + token + "}]", "second");
  }

  /** Somebody who puts a token where its hash belongs does not find it in the log. */
  @Test
  void whatMayBeATokenIsNotRepeated() {
    assertThatThrownBy(() -> TenantsFile.read("tenants: [{name: a, tokens: [\"s3cret\"]}]"))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("tokens: number 1")
        .hasMessageNotContaining("s3cret");
  }

  private static void refused(String text, String saying) {
    assertThatThrownBy(() -> TenantsFile.read(text))
        .as(text)
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining(saying);
  }
}
