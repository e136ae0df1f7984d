package io.virtrig.daemon.tenancy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whom tokens and certificates stand for. It never changes: another file makes another. */
final class Credentials {

  /** Who it is, and by what. */
  record Holder(String name, Identity identity) {}

  private final Map<TokenHash, Holder> tokens = new HashMap<>();
  private final Map<CertificateName, Holder> certificates = new HashMap<>();

  Credentials(List<TenantTable.Entry> entries) {
    for (TenantTable.Entry entry : entries) {
      entry
          .tokens()
          .forEach(token -> tokens.put(token, new Holder(entry.name(), Identity.of(token))));
      entry
          .certificates()
          .forEach(name -> certificates.put(name, new Holder(entry.name(), Identity.of(name))));
    }
  }

  /** Whether anybody could show any. */
  boolean isEmpty() {
    return tokens.isEmpty() && certificates.isEmpty();
  }

  /**
   * Whom what a call shows stands for: its token when it has one, otherwise its certificate.
   *
   * @return null when it stands for nobody
   */
  @Nullable Holder holder(Shown shown) {
    if (shown.token() != null) {
      return tokens.get(shown.token());
    }
    for (CertificateName name : shown.certificate()) {
      Holder holder = certificates.get(name);
      if (holder != null) {
        return holder;
      }
    }
    return null;
  }

  /** Whether an identity that was accepted once still stands for the same one. */
  boolean stillStandFor(Holder holder) {
    return tokens.containsValue(holder) || certificates.containsValue(holder);
  }
}
