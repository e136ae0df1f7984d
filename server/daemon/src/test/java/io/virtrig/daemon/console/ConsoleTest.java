package io.virtrig.daemon.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.virtrig.daemon.config.Configuration;
import io.virtrig.daemon.grpc.ServedDaemon;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.ExecuteRequest;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.OperationServiceGrpc;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConsoleTest {
  private ServedDaemon daemon;
  private HttpClient http;

  @BeforeEach
  void start() throws IOException {
    daemon = new ServedDaemon();
    http = HttpClient.newHttpClient();
    var _ =
        HostServiceGrpc.newBlockingStub(daemon.channel())
            .createHost(CreateHostRequest.newBuilder().setHostId("a").build());
  }

  @AfterEach
  void stop() {
    http.close();
    daemon.close();
  }

  @Test
  void theLastOperationsAreThereWithTheirErrnoAndReason() throws Exception {
    execute(open("/dev/kvm"), open("/dev/vfio/9"), Operation.getDefaultInstance());
    JsonArray operations = json("/console/host?id=a").getAsJsonArray("operations");
    assertThat(operations).hasSize(3);
    JsonObject last = operations.get(0).getAsJsonObject();
    assertThat(last.get("number").getAsInt()).isEqualTo(3);
    assertThat(last.get("outcome").getAsString()).isEqualTo("INVALID_ARGUMENT");
    JsonObject refused = operations.get(1).getAsJsonObject();
    assertThat(refused.get("operation").getAsString()).isEqualTo("open");
    assertThat(refused.get("outcome").getAsString()).isEqualTo("ENOENT");
    assertThat(refused.get("reason").getAsString()).isNotEmpty();
    assertThat(operations.get(2).getAsJsonObject().get("outcome").getAsString()).isEqualTo("OK");
  }

  @Test
  void onlyTheLatestOperationsAreKept() throws Exception {
    Operation[] many = new Operation[100];
    java.util.Arrays.fill(many, open("/dev/kvm"));
    execute(many);
    JsonArray operations = json("/console/host?id=a").getAsJsonArray("operations");
    assertThat(operations).hasSize(32);
    assertThat(operations.get(0).getAsJsonObject().get("number").getAsInt()).isEqualTo(100);
    assertThat(operations.get(31).getAsJsonObject().get("number").getAsInt()).isEqualTo(69);
  }

  @Test
  void theDaemonsCountersAndHostsAreThere() throws Exception {
    execute(open("/dev/kvm"), open("/dev/vfio/9"));
    JsonObject shown = json("/console/daemon");
    assertThat(shown.get("hosts").getAsInt()).isEqualTo(1);
    assertThat(shown.getAsJsonObject("outcomes").get("OK").getAsInt()).isEqualTo(1);
    assertThat(shown.getAsJsonObject("outcomes").get("ENOENT").getAsInt()).isEqualTo(1);
    assertThat(shown.getAsJsonArray("page")).hasSize(1);
    assertThat(json("/console/daemon?after=a").getAsJsonArray("page")).isEmpty();
  }

  @Test
  void aHostIsDrawn() throws Exception {
    execute(open("/dev/kvm"));
    assertThat(get("/console/graph?id=a", "GET").body()).contains("<svg").contains("process 1");
  }

  @Test
  void hostsAreListedByTenant(@TempDir Path folder) throws Exception {
    String hash = "sha256:" + "0".repeat(63);
    Path file =
        Files.writeString(
            folder.resolve("tenants.yaml"),
            "tenants: [{name: t, tokens: [\"%s1\"]}, {name: u, tokens: [\"%s2\"]}]"
                .formatted(hash, hash));
    daemon.close();
    daemon = new ServedDaemon(new Configuration.Access(file, null, null));
    assertThat(json("/console/daemon").get("hosts").getAsInt()).isZero();
    assertThat(get("/console/host?tenant=t&id=a", "GET").statusCode()).isEqualTo(404);
    assertThat(get("/console/host?tenant=v&id=a", "GET").statusCode()).isEqualTo(404);
    assertThat(get("/console/host?id=a", "GET").statusCode()).isEqualTo(404);
  }

  @Test
  void nothingIsThereForAHostThatIsNot() throws Exception {
    assertThat(get("/console/host?id=b", "GET").statusCode()).isEqualTo(404);
    assertThat(get("/console/graph?id=%3Cscript%3E", "GET").statusCode()).isEqualTo(404);
    assertThat(get("/console/host", "GET").statusCode()).isEqualTo(404);
  }

  @Test
  void itIsOnlyRead() throws Exception {
    for (String page : new String[] {"/", "/console/daemon", "/console/host?id=a"}) {
      assertThat(get(page, "POST").statusCode()).isEqualTo(405);
      assertThat(get(page, "DELETE").statusCode()).isEqualTo(405);
    }
  }

  @Test
  void thePageAsksNobodyElse() throws Exception {
    HttpResponse<String> page = get("/", "GET");
    assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
        .contains("default-src 'none'")
        .doesNotContain("unsafe");
    assertThat(page.body() + get("/console.js", "GET").body() + get("/console.css", "GET").body())
        .doesNotContain("http:")
        .doesNotContain("https:")
        .doesNotContain("innerHTML");
  }

  private static Operation open(String path) {
    return Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath(path)).build();
  }

  private void execute(Operation... operations) {
    ExecuteRequest.Builder request = ExecuteRequest.newBuilder().setHost("a");
    for (Operation operation : operations) {
      request.addOperations(operation);
    }
    var _ = OperationServiceGrpc.newBlockingStub(daemon.channel()).execute(request.build());
  }

  private JsonObject json(String page) throws IOException, InterruptedException {
    return JsonParser.parseString(get(page, "GET").body()).getAsJsonObject();
  }

  private HttpResponse<String> get(String page, String method)
      throws IOException, InterruptedException {
    int port = Objects.requireNonNull(daemon.daemon().metricsAddress()).getPort();
    URI uri = URI.create("http://127.0.0.1:" + port + page);
    return http.send(
        HttpRequest.newBuilder(uri).method(method, HttpRequest.BodyPublishers.noBody()).build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
