package io.virtrig.daemon.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.daemon.grpc.ServedDaemon;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.ExecuteRequest;
import io.virtrig.v1.ExitRequest;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.OperationServiceGrpc;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class MetricsServerTest {

  @Test
  void operationsAreCountedByNameAndOutcome() throws Exception {
    try (ServedDaemon daemon = new ServedDaemon();
        HttpClient http = HttpClient.newHttpClient()) {
      HostServiceGrpc.newBlockingStub(daemon.channel())
          .createHost(CreateHostRequest.newBuilder().setHostId("a").build());
      OperationServiceGrpc.newBlockingStub(daemon.channel())
          .execute(
              ExecuteRequest.newBuilder()
                  .setHost("a")
                  .addOperations(open("/dev/vfio/vfio"))
                  .addOperations(open("/dev/vfio/vfio"))
                  .addOperations(open("/dev/vfio/1"))
                  .addOperations(Operation.getDefaultInstance())
                  .addOperations(Operation.newBuilder().setExit(ExitRequest.getDefaultInstance()))
                  .build());
      assertThat(get(http, daemon, "/metrics", "GET").body())
          .contains("virtrig_operations_total{op=\"open\",outcome=\"OK\"} 2.0")
          .contains("virtrig_operations_total{op=\"open\",outcome=\"ENOENT\"} 1.0")
          .contains("virtrig_operations_total{op=\"none\",outcome=\"CODE_INVALID_ARGUMENT\"} 1.0")
          .contains("virtrig_operations_total{op=\"VFIO_IOMMU_MAP_DMA\",outcome=\"OK\"} 0.0")
          .contains("virtrig_events_total{kind=\"process_exit\",variety=\"\"} 1.0")
          .contains("virtrig_events_total{kind=\"dma_fault\",variety=\"\"} 0.0")
          .contains("virtrig_hosts 1.0")
          .contains("virtrig_operation_duration_seconds_count{area=\"process\"} 5")
          .contains("virtrig_build_info{version=")
          .contains("jvm_memory_used_bytes")
          .doesNotContain("system_cpu_count")
          .doesNotContain("process_cpu_time_ns")
          .doesNotContain("hosts/a");
    }
  }

  @Test
  void itSaysThatItLivesAndKnowsNoOtherPage() throws Exception {
    try (ServedDaemon daemon = new ServedDaemon();
        HttpClient http = HttpClient.newHttpClient()) {
      assertThat(get(http, daemon, "/healthz", "GET").body()).isEqualTo("ok\n");
      assertThat(get(http, daemon, "/readyz", "GET").body()).isEqualTo("ok\n");
      assertThat(get(http, daemon, "/metrics/x", "GET").statusCode()).isEqualTo(404);
      assertThat(get(http, daemon, "/metrics", "POST").statusCode()).isEqualTo(405);
    }
  }

  private static Operation open(String path) {
    return Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath(path)).build();
  }

  private static HttpResponse<String> get(
      HttpClient http, ServedDaemon daemon, String path, String method)
      throws IOException, InterruptedException {
    InetSocketAddress address = Objects.requireNonNull(daemon.daemon().metricsAddress());
    URI uri = URI.create("http://127.0.0.1:" + address.getPort() + path);
    return http.send(
        HttpRequest.newBuilder(uri).method(method, HttpRequest.BodyPublishers.noBody()).build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
