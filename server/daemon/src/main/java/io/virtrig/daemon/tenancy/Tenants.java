package io.virtrig.daemon.tenancy;

import io.virtrig.daemon.config.BadConfiguration;
import io.virtrig.daemon.hosts.HostRegistry;
import io.virtrig.daemon.quota.Account;
import io.virtrig.daemon.quota.Quota;
import io.virtrig.daemon.quota.Quotas;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The tenants there are, and who acts for which. Without a tenants file there is one, for whom
 * everybody acts.
 *
 * <p>A tenant that a later file leaves out is nobody's any more, but keeps its hosts: a slip in a
 * file destroys nothing. Administrators see it and may delete them.
 */
public final class Tenants {
  private static final String NO_NAME = "";

  private final Function<Account, HostRegistry> registries;
  private final TenancyListener listener;
  private final ConcurrentSkipListMap<String, Tenant> tenants = new ConcurrentSkipListMap<>();
  private final Map<String, Map<Quota, Long>> overrides = new ConcurrentHashMap<>();
  private final List<Runnable> watchers = new CopyOnWriteArrayList<>();

  /** Whom credentials stand for; null when nobody is asked. */
  private volatile @Nullable Credentials credentials;

  private volatile Credentials admins = new Credentials(List.of());

  /** For whom administrators act: nobody who has anything. */
  private final Tenant administration;

  private Tenants(Function<Account, HostRegistry> registries, TenancyListener listener) {
    this.registries = registries;
    this.listener = listener;
    Account nothing = new Account(Quotas.NONE, refusal -> {});
    administration = new Tenant(NO_NAME, registries.apply(nothing), nothing);
  }

  /**
   * One tenant, without a name or a limit, for whom everybody acts.
   *
   * @param registries makes its registry of hosts
   */
  public static Tenants sole(Function<Account, HostRegistry> registries) {
    Tenants sole = new Tenants(registries, TenancyListener.NONE);
    sole.tenants.put(NO_NAME, sole.tenant(NO_NAME, Quotas.NONE));
    return sole;
  }

  /**
   * Those of a file.
   *
   * @param registries makes a tenant's registry of hosts
   * @throws BadConfiguration when the file says something else than it should
   */
  static Tenants of(
      TenantTable table, Function<Account, HostRegistry> registries, TenancyListener listener) {
    Tenants tenants = new Tenants(registries, listener);
    tenants.apply(table);
    return tenants;
  }

  /** Puts another table in force. Who is not in it any more can do nothing from now on. */
  void apply(TenantTable table) {
    for (TenantTable.Entry entry : table.tenants()) {
      Quotas quotas = entry.quotas().with(overrides.getOrDefault(entry.name(), Map.of()));
      tenants.computeIfAbsent(entry.name(), name -> tenant(name, quotas)).account().limit(quotas);
    }
    credentials = new Credentials(table.tenants());
    admins = new Credentials(table.admins());
    watchers.forEach(Runnable::run);
  }

  private Tenant tenant(String name, Quotas quotas) {
    Account account = new Account(quotas, refusal -> listener.refused(name, refusal));
    Tenant tenant = new Tenant(name, registries.apply(account), account);
    listener.added(tenant);
    return tenant;
  }

  /** Whether callers must show who they are. */
  public boolean named() {
    return credentials != null;
  }

  /** The only one. */
  public Tenant sole() {
    if (named()) {
      throw new IllegalStateException("whose host it is must be asked");
    }
    return tenants.firstEntry().getValue();
  }

  /**
   * Who makes a call.
   *
   * @return null when what it shows stands for nobody
   */
  public @Nullable Caller caller(Shown shown) {
    Credentials known = credentials;
    if (known == null) {
      return new Caller(sole(), Identity.ANYBODY, shown.peer());
    }
    Credentials.Holder holder = known.holder(shown);
    Tenant tenant = holder == null ? null : tenants.get(holder.name());
    return holder == null || tenant == null
        ? null
        : new Caller(tenant, holder.identity(), shown.peer());
  }

  /** Whether who was let in would be let in now. */
  public boolean stillActsFor(Caller caller) {
    Credentials known = credentials;
    return known == null
        || known.stillStandFor(new Credentials.Holder(caller.tenant().name(), caller.identity()));
  }

  /** Whether there is an administrator who could show that it is one. */
  public boolean hasAdmins() {
    return !admins.isEmpty();
  }

  /**
   * By what an administrator showed that it is one.
   *
   * @return null when it is none
   */
  public @Nullable Identity admin(Shown shown) {
    if (!named()) {
      return Identity.ANYBODY;
    }
    Credentials.Holder holder = admins.holder(shown);
    return holder == null ? null : holder.identity();
  }

  /** For whom administrators act. */
  public Tenant administration() {
    return administration;
  }

  /** Has someone told whenever there is another table. */
  public void watch(Runnable watcher) {
    watchers.add(watcher);
  }

  /** All tenants, by name; also those that the file has left out since. */
  public Collection<Tenant> all() {
    return tenants.values();
  }

  /** The tenant of a name; null when there is none. */
  public @Nullable Tenant get(String name) {
    return tenants.get(name);
  }

  /** Puts limits in force that hold over those of the file until the daemon stops. */
  public void override(Tenant tenant, Map<Quota, Long> limits) {
    overrides.merge(
        tenant.name(),
        Map.copyOf(limits),
        (before, more) -> new Quotas(before).with(more).limits());
    tenant.account().limit(tenant.account().quotas().with(limits));
  }
}
