package io.virtrig.daemon.tenancy;

import io.virtrig.daemon.quota.Quotas;
import java.util.List;

/** What a tenants file says. */
record TenantTable(List<Entry> tenants, List<Entry> admins) {

  /**
   * A tenant, or an administrator.
   *
   * @param tokens hashes of the tokens that stand for it
   * @param certificates names in verified certificates that stand for it
   * @param quotas a tenant's; an administrator has none
   */
  record Entry(
      String name, List<TokenHash> tokens, List<CertificateName> certificates, Quotas quotas) {}
}
