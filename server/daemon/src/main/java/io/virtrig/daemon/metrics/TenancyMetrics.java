package io.virtrig.daemon.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.virtrig.daemon.audit.Act;
import io.virtrig.daemon.audit.Audit;
import io.virtrig.daemon.audit.LimitedAudit;
import io.virtrig.daemon.grpc.GateListener;
import io.virtrig.daemon.quota.Account;
import io.virtrig.daemon.quota.OverQuota;
import io.virtrig.daemon.quota.Quota;
import io.virtrig.daemon.tenancy.TenancyListener;
import io.virtrig.daemon.tenancy.Tenant;
import java.net.SocketAddress;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Counts what tenants have ({@code virtrig.tenant.hosts} and so on), which part of their quotas
 * that is ({@code virtrig.tenant.quota.used.ratio}), how often they call ({@code
 * virtrig.tenant.calls}) and are refused ({@code virtrig.tenant.refused}), calls that are not let
 * in ({@code virtrig.authentication.failures}) and tenants files ({@code virtrig.tenants.reloads});
 * what is refused is written down too. Only the first {@value #MOST_TENANTS} tenants have series of
 * their own.
 */
public final class TenancyMetrics implements TenancyListener, GateListener {
  private static final int MOST_TENANTS = 100;
  private static final int LINES_A_SECOND = 10;

  private final MeterRegistry registry;
  private final Audit failures;
  private final Audit refusals;
  private final Audit reloads;
  private final AtomicInteger tenants = new AtomicInteger();
  private final Counter unauthenticated;
  private final Counter taken;
  private final Counter rejected;

  /** Registers the series that name no tenant. */
  public TenancyMetrics(MeterRegistry registry, Audit audit) {
    this.registry = registry;
    failures = new LimitedAudit(audit, LINES_A_SECOND);
    refusals = new LimitedAudit(audit, LINES_A_SECOND);
    reloads = audit;
    unauthenticated =
        Counter.builder("virtrig.authentication.failures")
            .description("Calls that showed nothing that stands for anybody")
            .register(registry);
    taken = reloads("taken_up");
    rejected = reloads("refused");
  }

  private Counter reloads(String outcome) {
    return Counter.builder("virtrig.tenants.reloads")
        .description("Changes of the tenants file")
        .tag("outcome", outcome)
        .register(registry);
  }

  @Override
  public void added(Tenant tenant) {
    if (tenants.incrementAndGet() > MOST_TENANTS) {
      return;
    }
    FunctionCounter.builder("virtrig.tenant.calls", tenant.account(), Account::calls)
        .description("Calls of a tenant that were let in, streams among them")
        .tag("tenant", tenant.name())
        .register(registry);
    for (Quota quota : Quota.values()) {
      FunctionCounter.builder(
              "virtrig.tenant.refused", tenant.account(), account -> account.refused(quota))
          .description("Times that a tenant was refused for a quota")
          .tag("tenant", tenant.name())
          .tag("quota", quota.key())
          .register(registry);
      Gauge.builder(
              "virtrig.tenant.quota.used.ratio",
              tenant.account(),
              account -> account.partUsed(quota))
          .description("Which part of a quota a tenant uses; not a number where it has none")
          .tag("tenant", tenant.name())
          .tag("quota", quota.key())
          .register(registry);
      if (quota != Quota.OPERATIONS_PER_SECOND) {
        usage(tenant, quota);
      }
    }
  }

  private void usage(Tenant tenant, Quota quota) {
    Account account = tenant.account();
    Gauge.builder(
            "virtrig.tenant." + quota.name().toLowerCase(Locale.ROOT).replace('_', '.'),
            account,
            of -> of.used(quota))
        .description("What a tenant has of its quota " + quota.key())
        .tag("tenant", tenant.name())
        .register(registry);
  }

  @Override
  public void refused(String tenant, OverQuota refusal) {
    refusals.record(new Act(tenant, "", null, "quota", refusal.getMessage(), "RESOURCE_EXHAUSTED"));
  }

  @Override
  public void reloaded(String problem) {
    (problem.isEmpty() ? taken : rejected).increment();
    reloads.record(
        new Act("", "", null, "tenants.reload", problem, problem.isEmpty() ? "OK" : "REFUSED"));
  }

  @Override
  public void unauthenticated(@Nullable SocketAddress peer, String method) {
    unauthenticated.increment();
    failures.record(new Act("", "", peer, "authenticate", method, "UNAUTHENTICATED"));
  }
}
