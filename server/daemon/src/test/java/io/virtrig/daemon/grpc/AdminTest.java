package io.virtrig.daemon.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.channelz.v1.ChannelzGrpc;
import io.grpc.channelz.v1.GetServersRequest;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.virtrig.daemon.config.BadConfiguration;
import io.virtrig.daemon.config.Configuration;
import io.virtrig.v1.AdminServiceGrpc;
import io.virtrig.v1.AdminServiceGrpc.AdminServiceBlockingStub;
import io.virtrig.v1.BatchCreateHostsRequest;
import io.virtrig.v1.BatchDeleteHostsRequest;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.DeleteTenantHostRequest;
import io.virtrig.v1.DrainRequest;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.GetHostRequest;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.HostServiceGrpc.HostServiceBlockingStub;
import io.virtrig.v1.ListTenantHostsRequest;
import io.virtrig.v1.ListTenantsRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.QuotaUsage;
import io.virtrig.v1.SetQuotaRequest;
import io.virtrig.v1.SubmissionEntry;
import io.virtrig.v1.Tenant;
import io.virtrig.v1.TenantHost;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What administrators can do, that nobody else can, and that it is written down. */
class AdminTest {
  @TempDir private Path folder;
  private Path log;
  private ServedDaemon daemon;
  private ManagedChannel admins;
  private AdminServiceBlockingStub admin;
  private HostServiceBlockingStub hosts;

  @BeforeEach
  void start() throws Exception {
    log = folder.resolve("audit.log");
    TenantsOnDisk file = new TenantsOnDisk(folder).tenant("a", "hosts: 1").admin("ops").write();
    Configuration.Access access = file.administered();
    daemon =
        new ServedDaemon(new Configuration.Access(file.file(), access.admin(), log.toString()));
    InetSocketAddress address = Objects.requireNonNull(daemon.daemon().adminAddress());
    admins = NettyChannelBuilder.forAddress(address).usePlaintext().build();
    admin = AdminServiceGrpc.newBlockingStub(as("ops"));
    hosts = HostServiceGrpc.newBlockingStub(daemon.channel(TenantsOnDisk.token("a")));
  }

  @AfterEach
  void stop() {
    admins.shutdownNow();
    daemon.close();
  }

  private Channel as(String name) {
    Metadata headers = new Metadata();
    headers.put(BearerTokens.AUTHORIZATION, "Bearer " + TenantsOnDisk.token(name));
    return ClientInterceptors.intercept(admins, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private static Status.Code code(Runnable call) {
    try {
      call.run();
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  private static CreateHostRequest host(String id) {
    return CreateHostRequest.newBuilder().setHostId(id).build();
  }

  @Test
  void quotasAreSeenAndChanged() {
    var _ = hosts.createHost(host("one"));
    assertThat(code(() -> hosts.createHost(host("two")))).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    Tenant tenant = admin.listTenants(ListTenantsRequest.getDefaultInstance()).getTenants(0);
    assertThat(tenant.getName()).isEqualTo("a");
    assertThat(tenant.getQuotas(0))
        .isEqualTo(
            QuotaUsage.newBuilder()
                .setQuota("hosts")
                .setLimit(1)
                .setUsage(1)
                .setRefused(1)
                .build());
    assertThat(tenant.getQuotas(1).hasLimit()).isFalse();
    var _ = admin.setQuota(quota("a", "hosts", 2));
    var _ = hosts.createHost(host("two"));
    assertThat(code(() -> admin.setQuota(quota("b", "hosts", 2)))).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(code(() -> admin.setQuota(quota("a", "host", 2))))
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  private static SetQuotaRequest quota(String tenant, String quota, long limit) {
    return SetQuotaRequest.newBuilder().setTenant(tenant).putLimits(quota, limit).build();
  }

  @Test
  void hostsAreListedAndDeleted() {
    var _ = hosts.createHost(host("one"));
    ListTenantHostsRequest list = ListTenantHostsRequest.newBuilder().setTenant("a").build();
    assertThat(admin.listTenantHosts(list).getHostsList())
        .extracting(TenantHost::getName)
        .containsExactly("hosts/one");
    DeleteTenantHostRequest delete =
        DeleteTenantHostRequest.newBuilder().setTenant("a").setName("one").build();
    var _ = admin.deleteTenantHost(delete);
    assertThat(code(() -> admin.deleteTenantHost(delete))).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(admin.listTenantHosts(list).getHostsList()).isEmpty();
    var _ = hosts.createHost(host("two"));
  }

  @Test
  void tenantsAreNoAdministratorsAndTheOtherWayRound() {
    ListTenantsRequest list = ListTenantsRequest.getDefaultInstance();
    assertThat(code(() -> AdminServiceGrpc.newBlockingStub(as("a")).listTenants(list)))
        .isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(code(() -> AdminServiceGrpc.newBlockingStub(admins).listTenants(list)))
        .isEqualTo(Status.Code.UNAUTHENTICATED);
    GetServersRequest servers = GetServersRequest.getDefaultInstance();
    assertThat(code(() -> ChannelzGrpc.newBlockingStub(as("a")).getServers(servers)))
        .isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(ChannelzGrpc.newBlockingStub(as("ops")).getServers(servers).getServerCount())
        .isPositive();
    for (String name : List.of("a", "ops")) {
      Channel tenants = daemon.channel(TenantsOnDisk.token(name));
      assertThat(code(() -> AdminServiceGrpc.newBlockingStub(tenants).listTenants(list)))
          .isEqualTo(Status.Code.UNIMPLEMENTED);
      assertThat(code(() -> ChannelzGrpc.newBlockingStub(tenants).getServers(servers)))
          .isEqualTo(Status.Code.UNIMPLEMENTED);
    }
    Channel ops = daemon.channel(TenantsOnDisk.token("ops"));
    assertThat(code(() -> HostServiceGrpc.newBlockingStub(ops).createHost(host("x"))))
        .isEqualTo(Status.Code.UNAUTHENTICATED);
    Channel administrators = as("ops");
    assertThat(code(() -> HostServiceGrpc.newBlockingStub(administrators).createHost(host("x"))))
        .isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  @Test
  void drainingLetsNobodyInAndWhoIsInGoesOn() throws Exception {
    var _ = hosts.createHost(host("one"));
    SubmissionEntry entry =
        SubmissionEntry.newBuilder()
            .setOperation(Operation.newBuilder().setEventfd(EventfdRequest.getDefaultInstance()))
            .build();
    try (OpenRing ring = new OpenRing(daemon.channel(TenantsOnDisk.token("a")))) {
      assertThat(ring.run("one", entry)).hasSize(1);
      var _ = admin.drain(DrainRequest.getDefaultInstance());
      assertThat(code(() -> hosts.getHost(GetHostRequest.newBuilder().setName("one").build())))
          .isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(
              HealthGrpc.newBlockingStub(daemon.channel())
                  .check(HealthCheckRequest.getDefaultInstance())
                  .getStatus())
          .isEqualTo(ServingStatus.NOT_SERVING);
      assertThat(ring.run("one", entry)).hasSize(1);
      assertThat(admin.listTenants(ListTenantsRequest.getDefaultInstance()).getTenantsCount())
          .isEqualTo(1);
    }
  }

  @Test
  void actsAreWrittenDownAndTokensAreNot() throws Exception {
    var _ = hosts.createHost(host("one"));
    assertThat(code(() -> hosts.createHost(host("two")))).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    Channel stranger = daemon.channel("stranger");
    assertThat(code(() -> HostServiceGrpc.newBlockingStub(stranger).createHost(host("x"))))
        .isEqualTo(Status.Code.UNAUTHENTICATED);
    var _ = admin.setQuota(quota("a", "hosts", 2));
    await().until(() -> lines(log).size() == 5);
    List<JsonObject> lines = lines(log);
    assertThat(lines)
        .extracting(line -> line.get("act").getAsString() + " " + line.get("outcome").getAsString())
        .containsExactly(
            "host.create OK",
            "quota RESOURCE_EXHAUSTED",
            "host.create RESOURCE_EXHAUSTED",
            "authenticate UNAUTHENTICATED",
            "admin.quota OK");
    JsonObject first = lines.getFirst();
    assertThat(first.get("tenant").getAsString()).isEqualTo("a");
    assertThat(first.get("object").getAsString()).isEqualTo("hosts/one");
    assertThat(first.get("peer").getAsString()).startsWith("127.0.0.1:");
    assertThat(TenantsOnDisk.hash(TenantsOnDisk.token("a")))
        .startsWith("sha256:" + first.get("identity").getAsString().substring("token:".length()));
    assertThat(Files.readString(log)).doesNotContain(TenantsOnDisk.token("a"), "stranger");
    // Rotated: what comes next is in a new file.
    Path old = Files.move(log, folder.resolve("audit.log.1"));
    var _ = admin.setQuota(quota("a", "hosts", 3));
    await().until(() -> Files.exists(log) && lines(log).size() == 1);
    assertThat(lines(old)).hasSize(5);
  }

  @Test
  void ofABatchOfHostsEachIsWrittenDown() throws Exception {
    var _ = admin.setQuota(quota("a", "hosts", 2));
    CreateHostRequest.Builder any = CreateHostRequest.newBuilder();
    List<String> made =
        hosts
            .batchCreateHosts(
                BatchCreateHostsRequest.newBuilder()
                    .addRequests(host("one"))
                    .addRequests(any)
                    .build())
            .getNamesList();
    BatchDeleteHostsRequest both = BatchDeleteHostsRequest.newBuilder().addAllNames(made).build();
    var _ = hosts.batchDeleteHosts(both);
    assertThat(code(() -> hosts.batchDeleteHosts(both))).isEqualTo(Status.Code.NOT_FOUND);
    await().until(() -> lines(log).size() == 6);
    assertThat(lines(log))
        .extracting(
            line ->
                line.get("act").getAsString()
                    + " "
                    + line.get("object").getAsString()
                    + " "
                    + line.get("outcome").getAsString())
        .endsWith(
            "host.create hosts/one OK",
            "host.create " + made.get(1) + " OK",
            "host.delete hosts/one OK",
            "host.delete " + made.get(1) + " OK",
            "host.delete 2 hosts NOT_FOUND");
  }

  private static List<JsonObject> lines(Path file) throws IOException {
    return Files.readString(file, UTF_8)
        .lines()
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .toList();
  }

  @Test
  void withoutAnAdministratorThereIsNoAddressForThem() throws Exception {
    TenantsOnDisk file = new TenantsOnDisk(folder).tenant("a").write();
    assertThatThrownBy(() -> new ServedDaemon(file.administered()))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining("--admin");
  }
}
