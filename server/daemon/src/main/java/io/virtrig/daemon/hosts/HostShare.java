package io.virtrig.daemon.hosts;

import io.virtrig.daemon.quota.Account;
import io.virtrig.daemon.quota.Quota;
import io.virtrig.emulator.Usage;

/**
 * What of its tenant's account one host has taken. After each operation the account learns what has
 * changed; when the host goes, all of it comes back. Confined to whoever makes the host, then
 * guarded by the host's lock.
 */
final class HostShare {
  private final Account account;
  private long hosts;
  private long devices;
  private long guestBytes;
  private long mappings;
  private long eventfds;

  private HostShare(Account account) {
    this.account = account;
  }

  /**
   * That of a host which is about to be made.
   *
   * @throws io.virtrig.daemon.quota.OverQuota when there are as many as there may be
   */
  static HostShare of(Account account) {
    HostShare share = new HostShare(account);
    account.take(Quota.HOSTS, 1);
    share.hosts = 1;
    return share;
  }

  /**
   * Takes all that a host has from its beginning, as a clone has a lot.
   *
   * @throws io.virtrig.daemon.quota.OverQuota when there is no room for it; {@link #giveBack} gives
   *     back what there was room for
   */
  void take(Usage usage) {
    account.take(Quota.DEVICES, usage.devices());
    devices = usage.devices();
    account.take(Quota.GUEST_BYTES, usage.guestBytes());
    guestBytes = usage.guestBytes();
    account.take(Quota.MAPPINGS, usage.mappings());
    mappings = usage.mappings();
    account.take(Quota.EVENTFDS, usage.eventfds());
    eventfds = usage.eventfds();
  }

  /** Lets the account know what has changed. */
  void settle(Usage usage) {
    if (usage.guestBytes() != guestBytes) {
      account.count(Quota.GUEST_BYTES, usage.guestBytes() - guestBytes);
      guestBytes = usage.guestBytes();
    }
    if (usage.mappings() != mappings) {
      account.count(Quota.MAPPINGS, usage.mappings() - mappings);
      mappings = usage.mappings();
    }
    if (usage.eventfds() != eventfds) {
      account.count(Quota.EVENTFDS, usage.eventfds() - eventfds);
      eventfds = usage.eventfds();
    }
  }

  /** Gives everything back. */
  void giveBack() {
    account.count(Quota.HOSTS, -hosts);
    account.count(Quota.DEVICES, -devices);
    account.count(Quota.GUEST_BYTES, -guestBytes);
    account.count(Quota.MAPPINGS, -mappings);
    account.count(Quota.EVENTFDS, -eventfds);
    hosts = 0;
    devices = 0;
    guestBytes = 0;
    mappings = 0;
    eventfds = 0;
  }

  /** The account. */
  Account account() {
    return account;
  }
}
