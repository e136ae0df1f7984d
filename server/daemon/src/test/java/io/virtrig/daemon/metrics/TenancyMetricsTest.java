package io.virtrig.daemon.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Channel;
import io.virtrig.daemon.grpc.ServedDaemon;
import io.virtrig.daemon.grpc.TenantsOnDisk;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.ListHostsRequest;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is counted of tenants, as Prometheus reads it. */
class TenancyMetricsTest {

  @Test
  void whatTenantsHaveAskAndAreRefused(@TempDir Path folder) throws Exception {
    TenantsOnDisk file =
        new TenantsOnDisk(folder)
            .tenant("a", "hosts: 2", "streams: 0", "operations-per-second: 1000000000")
            .tenant("b")
            .write();
    try (ServedDaemon daemon = new ServedDaemon(file.access());
        HttpClient http = HttpClient.newHttpClient()) {
      assertThat(page(http, daemon))
          .as("before anybody calls")
          .contains("virtrig_tenant_calls_total{tenant=\"a\"} 0.0")
          .contains("virtrig_tenant_quota_used_ratio{quota=\"hosts\",tenant=\"a\"} 0.0");
      Channel a = daemon.channel(TenantsOnDisk.token("a"));
      create(a, "one");
      assertThat(page(http, daemon))
          .contains("virtrig_tenant_hosts{tenant=\"a\"} 1.0")
          .contains("virtrig_tenant_quota_used_ratio{quota=\"hosts\",tenant=\"a\"} 0.5");
      create(a, "two");
      assertThatThrownBy(() -> create(a, "three")).hasMessageContaining("quota hosts");
      assertThatThrownBy(() -> list(daemon.channel("nobody's")))
          .hasMessageContaining("UNAUTHENTICATED");
      list(daemon.channel(TenantsOnDisk.token("b")));
      assertThat(page(http, daemon))
          .contains("virtrig_tenant_hosts{tenant=\"a\"} 2.0")
          .contains("virtrig_tenant_quota_used_ratio{quota=\"hosts\",tenant=\"a\"} 1.0")
          .contains("virtrig_tenant_quota_used_ratio{quota=\"hosts\",tenant=\"b\"} NaN")
          .as("none is none, and is used up by nobody")
          .contains("virtrig_tenant_quota_used_ratio{quota=\"streams\",tenant=\"a\"} 0.0")
          .containsPattern(
              "virtrig_tenant_quota_used_ratio\\{quota=\"operations-per-second\",tenant=\"a\"\\} \\d")
          .contains("virtrig_tenant_refused_total{quota=\"hosts\",tenant=\"a\"} 1.0")
          .contains("virtrig_tenant_refused_total{quota=\"streams\",tenant=\"a\"} 0.0")
          .contains("virtrig_tenant_calls_total{tenant=\"a\"} 3.0")
          .contains("virtrig_tenant_calls_total{tenant=\"b\"} 1.0")
          .contains("virtrig_authentication_failures_total 1.0");
    }
  }

  private static void create(Channel channel, String id) {
    var _ =
        HostServiceGrpc.newBlockingStub(channel)
            .createHost(CreateHostRequest.newBuilder().setHostId(id).build());
  }

  private static void list(Channel channel) {
    var _ =
        HostServiceGrpc.newBlockingStub(channel).listHosts(ListHostsRequest.getDefaultInstance());
  }

  private static String page(HttpClient http, ServedDaemon daemon) throws Exception {
    InetSocketAddress address = Objects.requireNonNull(daemon.daemon().metricsAddress());
    URI uri = URI.create("http://127.0.0.1:" + address.getPort() + "/metrics");
    return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }
}
