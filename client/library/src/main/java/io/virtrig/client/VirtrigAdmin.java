package io.virtrig.client;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.virtrig.v1.AdminServiceGrpc;
import io.virtrig.v1.AdminServiceGrpc.AdminServiceBlockingStub;
import io.virtrig.v1.DeleteTenantHostRequest;
import io.virtrig.v1.DrainRequest;
import io.virtrig.v1.ListTenantHostsRequest;
import io.virtrig.v1.ListTenantHostsResponse;
import io.virtrig.v1.ListTenantsRequest;
import io.virtrig.v1.SetQuotaRequest;
import io.virtrig.v1.Tenant;
import io.virtrig.v1.TenantHost;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A connection to the address where a daemon's administrators call. */
public final class VirtrigAdmin implements AutoCloseable {
  private static final int PAGE_SIZE = 1000;

  private final Link link;
  private final AdminServiceBlockingStub stub;

  private VirtrigAdmin(Link link, Channel channel) {
    this.link = link;
    stub = AdminServiceGrpc.newBlockingStub(channel);
  }

  /**
   * Connects. Nothing is sent before the first call.
   *
   * @param target {@code HOST:PORT}, or any name that gRPC resolves
   * @param credentials an administrator's
   * @param deadline how long each call may take
   * @throws IllegalArgumentException when a token would leave this machine unencrypted
   */
  public static VirtrigAdmin connect(String target, Credentials credentials, Duration deadline) {
    Link link = credentials.link(target, UnaryOperator.identity());
    Channel channel = ClientInterceptors.intercept(link.channel(), new CallDeadline(deadline));
    return new VirtrigAdmin(
        link, ClientInterceptors.intercept(channel, credentials.interceptors()));
  }

  /** The tenants, by name. */
  public List<Tenant> tenants() {
    return StatusDetails.answer(() -> stub.listTenants(ListTenantsRequest.getDefaultInstance()))
        .getTenantsList();
  }

  /** Changes quotas of a tenant until the daemon stops. */
  public Tenant setQuota(String tenant, Map<String, Long> limits) {
    SetQuotaRequest request =
        SetQuotaRequest.newBuilder().setTenant(tenant).putAllLimits(limits).build();
    return StatusDetails.answer(() -> stub.setQuota(request)).getTenant();
  }

  /** The hosts of a tenant, by id. */
  public List<TenantHost> hosts(String tenant) {
    List<TenantHost> all = new ArrayList<>();
    String token = "";
    do {
      ListTenantHostsRequest request =
          ListTenantHostsRequest.newBuilder()
              .setTenant(tenant)
              .setPageSize(PAGE_SIZE)
              .setPageToken(token)
              .build();
      ListTenantHostsResponse page = StatusDetails.answer(() -> stub.listTenantHosts(request));
      all.addAll(page.getHostsList());
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return all;
  }

  /** Ends a host of a tenant. */
  public void deleteHost(String tenant, String host) {
    DeleteTenantHostRequest request =
        DeleteTenantHostRequest.newBuilder().setTenant(tenant).setName(host).build();
    var unused = StatusDetails.answer(() -> stub.deleteTenantHost(request));
  }

  /** Has the daemon take no more calls. */
  public void drain() {
    var unused = StatusDetails.answer(() -> stub.drain(DrainRequest.getDefaultInstance()));
  }

  /** Ends the connection. */
  @Override
  public void close() {
    link.close();
  }
}
