package io.virtrig.daemon.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.virtrig.daemon.grpc.ServedDaemon;
import io.virtrig.daemon.grpc.TenantsOnDisk;
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
import java.nio.file.Path;
import java.util.List;
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
    assertThat(hosts("", 0)).containsExactly("a");
    assertThat(hosts("a", 0)).isEmpty();
  }

  @Test
  void aHostIsDrawn() throws Exception {
    execute(open("/dev/kvm"));
    assertThat(get("/console/graph?id=a", "GET").body()).contains("<svg").contains("process 1");
  }

  @Test
  void hostsAreListedByTenant(@TempDir Path folder) throws Exception {
    serveTenants(folder);
    for (int i = 0; i < 300; i++) {
      create("t", CreateHostRequest.newBuilder().setHostId("t" + (1000 + i)));
    }
    create("u", CreateHostRequest.newBuilder().setHostId("a"));
    create("u", CreateHostRequest.newBuilder().setHostId("t1000"));
    JsonArray tenants = json("/console/daemon").getAsJsonArray("tenants");
    assertThat(tenants).extracting(each -> text(each, "tenant")).containsExactly("t", "u", "v");
    assertThat(tenants).extracting(each -> text(each, "hosts")).containsExactly("300", "2", "0");
    // The other tenants have their part of the page, whoever has very many.
    assertThat(hosts("", 0)).hasSizeBetween(60, 199).first().isEqualTo("t1000");
    assertThat(hosts("", 1)).containsExactly("a", "t1000");
    assertThat(hosts("t1000", 0)).first().isEqualTo("t1001");
    assertThat(get("/console/host?tenant=u&id=a", "GET").statusCode()).isEqualTo(200);
    assertThat(get("/console/host?tenant=t&id=a", "GET").statusCode()).isEqualTo(404);
    assertThat(get("/console/host?tenant=w&id=a", "GET").statusCode()).isEqualTo(404);
    assertThat(get("/console/host?id=a", "GET").statusCode()).isEqualTo(404);
  }

  private void serveTenants(Path folder) throws IOException {
    TenantsOnDisk file = new TenantsOnDisk(folder).tenant("t").tenant("u").tenant("v").write();
    daemon.close();
    daemon = new ServedDaemon(file.access());
  }

  private void create(String tenant, CreateHostRequest.Builder host) {
    var _ =
        HostServiceGrpc.newBlockingStub(daemon.channel(TenantsOnDisk.token(tenant)))
            .createHost(host.build());
  }

  private static String text(JsonElement object, String name) {
    return object.getAsJsonObject().get(name).getAsString();
  }

  /** The ids that are listed of a tenant's hosts. */
  private List<String> hosts(String after, int tenant) throws Exception {
    JsonArray tenants = json("/console/daemon?after=" + after).getAsJsonArray("tenants");
    return tenants.get(tenant).getAsJsonObject().getAsJsonArray("page").asList().stream()
        .map(host -> text(host, "id"))
        .toList();
  }

  @Test
  void aLeaseIsShownWithWhatIsLeftOfIt(@TempDir Path folder) throws Exception {
    serveTenants(folder);
    create(
        "t",
        CreateHostRequest.newBuilder()
            .setHostId("leased")
            .setLease(com.google.protobuf.Duration.newBuilder().setSeconds(600)));
    create("t", CreateHostRequest.newBuilder().setHostId("kept"));
    JsonArray page =
        json("/console/daemon")
            .getAsJsonArray("tenants")
            .get(0)
            .getAsJsonObject()
            .getAsJsonArray("page");
    assertThat(page.get(0).getAsJsonObject().has("lease")).as("kept").isFalse();
    for (JsonObject shown :
        List.of(page.get(1).getAsJsonObject(), json("/console/host?tenant=t&id=leased"))) {
      JsonObject lease = shown.getAsJsonObject("lease");
      assertThat(lease.get("length").getAsLong()).isEqualTo(600);
      assertThat(lease.get("left").getAsLong()).isBetween(500L, 600L);
    }
    assertThat(json("/console/host?tenant=t&id=kept").has("lease")).isFalse();
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
