package io.virtrig.daemon.tenancy;

import io.virtrig.daemon.quota.OverQuota;

/** Is told of what happens to tenants. */
public interface TenancyListener {
  /** Nobody. */
  TenancyListener NONE =
      new TenancyListener() {
        @Override
        public void added(Tenant tenant) {}

        @Override
        public void refused(String tenant, OverQuota refusal) {}

        @Override
        public void reloaded(String problem) {}
      };

  /** There is another tenant. */
  void added(Tenant tenant);

  /** A tenant would have gone over one of its quotas. */
  void refused(String tenant, OverQuota refusal);

  /**
   * The file had changed.
   *
   * @param problem why the one before stays in force; empty when it does not
   */
  void reloaded(String problem);
}
