package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.ServerServiceDefinition;
import io.virtrig.daemon.hosts.HostedHost;
import io.virtrig.daemon.quota.Account;
import io.virtrig.daemon.quota.Quota;
import io.virtrig.daemon.quota.Quotas;
import io.virtrig.daemon.tenancy.Tenants;
import io.virtrig.v1.AdminServiceGrpc;
import io.virtrig.v1.DeleteTenantHostRequest;
import io.virtrig.v1.DeleteTenantHostResponse;
import io.virtrig.v1.DrainResponse;
import io.virtrig.v1.ListTenantHostsRequest;
import io.virtrig.v1.ListTenantHostsResponse;
import io.virtrig.v1.ListTenantsResponse;
import io.virtrig.v1.QuotaUsage;
import io.virtrig.v1.SetQuotaRequest;
import io.virtrig.v1.SetQuotaResponse;
import io.virtrig.v1.Tenant;
import io.virtrig.v1.TenantHost;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What administrators do. */
final class AdminMethods {
  private final Tenants tenants;
  private final Runnable drain;

  AdminMethods(Tenants tenants, Runnable drain) {
    this.tenants = tenants;
    this.drain = drain;
  }

  ServerServiceDefinition service(Callers callers) {
    return new ServiceBinding(AdminServiceGrpc.getServiceDescriptor(), callers)
        .plain(AdminServiceGrpc.getListTenantsMethod(), request -> list())
        .audited(
            AdminServiceGrpc.getSetQuotaMethod(),
            "admin.quota",
            request -> request.getTenant() + " " + request.getLimitsMap(),
            (caller, request) -> setQuota(request))
        .plain(AdminServiceGrpc.getListTenantHostsMethod(), this::hosts)
        .audited(
            AdminServiceGrpc.getDeleteTenantHostMethod(),
            "admin.delete_host",
            request -> request.getTenant() + " " + request.getName(),
            (caller, request) -> deleteHost(request))
        .audited(
            AdminServiceGrpc.getDrainMethod(),
            "admin.drain",
            request -> "",
            (caller, request) -> {
              drain.run();
              return DrainResponse.getDefaultInstance();
            })
        .build();
  }

  private ListTenantsResponse list() {
    ListTenantsResponse.Builder response = ListTenantsResponse.newBuilder();
    tenants.all().forEach(tenant -> response.addTenants(message(tenant)));
    return response.build();
  }

  private static Tenant message(io.virtrig.daemon.tenancy.Tenant tenant) {
    Account account = tenant.account();
    Quotas quotas = account.quotas();
    Tenant.Builder message = Tenant.newBuilder().setName(tenant.name());
    for (Quota quota : Quota.values()) {
      QuotaUsage.Builder usage =
          message
              .addQuotasBuilder()
              .setQuota(quota.key())
              .setUsage(account.used(quota))
              .setRefused(account.refused(quota));
      if (quotas.limit(quota) != Quotas.UNLIMITED) {
        usage.setLimit(quotas.limit(quota));
      }
    }
    return message.build();
  }

  private SetQuotaResponse setQuota(SetQuotaRequest request) {
    Map<Quota, Long> limits = new EnumMap<>(Quota.class);
    for (Map.Entry<String, Long> limit : request.getLimitsMap().entrySet()) {
      if (limit.getValue() < 0) {
        throw Statuses.daemon(
            Code.INVALID_ARGUMENT, "limits: " + limit.getKey() + " is above 2^63 - 1");
      }
      limits.put(quota(limit.getKey()), limit.getValue());
    }
    if (limits.isEmpty()) {
      throw Statuses.daemon(Code.INVALID_ARGUMENT, "limits: there is none");
    }
    io.virtrig.daemon.tenancy.Tenant tenant = tenant(request.getTenant());
    tenants.override(tenant, limits);
    return SetQuotaResponse.newBuilder().setTenant(message(tenant)).build();
  }

  private static Quota quota(String key) {
    for (Quota quota : Quota.values()) {
      if (quota.key().equals(key)) {
        return quota;
      }
    }
    throw Statuses.daemon(Code.INVALID_ARGUMENT, "limits: there is no quota \"" + key + "\"");
  }

  private ListTenantHostsResponse hosts(ListTenantHostsRequest request) {
    int most = Pages.size(request.getPageSize());
    List<HostedHost> found =
        tenant(request.getTenant()).hosts().after(Pages.last(request.getPageToken()), most + 1);
    ListTenantHostsResponse.Builder response = ListTenantHostsResponse.newBuilder();
    for (HostedHost host : found.subList(0, Math.min(most, found.size()))) {
      response.addHosts(message(host));
    }
    if (found.size() > most) {
      response.setNextPageToken(Pages.token(found.get(most - 1).id()));
    }
    return response.build();
  }

  private static TenantHost message(HostedHost hosted) {
    return hosted.with(
        host ->
            TenantHost.newBuilder()
                .setName(hosted.name())
                .setOperations(host.operations())
                .setDevices(host.usage().devices())
                .setGuestBytes(host.usage().guestBytes())
                .setMappings(host.usage().mappings())
                .setEventfds(host.usage().eventfds())
                .build());
  }

  private DeleteTenantHostResponse deleteHost(DeleteTenantHostRequest request) {
    tenant(request.getTenant()).hosts().delete(request.getName());
    return DeleteTenantHostResponse.getDefaultInstance();
  }

  private io.virtrig.daemon.tenancy.Tenant tenant(String name) {
    io.virtrig.daemon.tenancy.Tenant tenant = tenants.get(name);
    if (tenant == null) {
      throw Statuses.daemon(Code.NOT_FOUND, "tenant: there is no tenant \"" + name + "\"");
    }
    return tenant;
  }
}
