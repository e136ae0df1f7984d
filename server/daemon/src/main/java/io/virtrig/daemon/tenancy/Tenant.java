package io.virtrig.daemon.tenancy;

import io.virtrig.daemon.hosts.HostRegistry;
import io.virtrig.daemon.programs.Programs;
import io.virtrig.daemon.quota.Account;

/** Somebody for whom calls act: its hosts and programs, which nobody else sees, and its account. */
public final class Tenant {
  private static final int MOST_PROGRAMS = 1000;

  private final String name;
  private final HostRegistry hosts;
  private final Account account;
  private final Programs programs = new Programs(MOST_PROGRAMS);

  Tenant(String name, HostRegistry hosts, Account account) {
    this.name = name;
    this.hosts = hosts;
    this.account = account;
  }

  /** Its name; empty when there is only one and nobody is asked who they are. */
  public String name() {
    return name;
  }

  /** Its hosts. */
  public HostRegistry hosts() {
    return hosts;
  }

  /** Its programs that belong to no host. */
  public Programs programs() {
    return programs;
  }

  /** What it has taken, and may take. */
  public Account account() {
    return account;
  }
}
