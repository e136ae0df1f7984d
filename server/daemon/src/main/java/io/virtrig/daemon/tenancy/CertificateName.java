package io.virtrig.daemon.tenancy;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * A name that a client's certificate has.
 *
 * @param text {@code uri:…} or {@code dns:…} of its alternative names, or {@code subject:…}, its
 *     distinguished name
 */
record CertificateName(String text) {
  private static final String URI = "uri:";
  private static final String DNS = "dns:";
  private static final String SUBJECT = "subject:";
  private static final int SAN_DNS = 2;
  private static final int SAN_URI = 6;

  /** The one that a file says; null when it is none. */
  static @Nullable CertificateName read(String text) {
    if (text.startsWith(SUBJECT)) {
      try {
        return subject(new X500Principal(text.substring(SUBJECT.length())));
      } catch (IllegalArgumentException e) {
        return null;
      }
    }
    if (text.startsWith(DNS) && text.length() > DNS.length()) {
      return new CertificateName(text.toLowerCase(Locale.ROOT));
    }
    return text.startsWith(URI) && text.length() > URI.length() ? new CertificateName(text) : null;
  }

  /** All of a certificate's, the subject last. */
  static List<CertificateName> of(X509Certificate certificate) {
    List<CertificateName> names = new ArrayList<>();
    try {
      Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
      for (List<?> name : alternatives == null ? List.<List<?>>of() : alternatives) {
        int kind = (Integer) name.get(0);
        if (kind == SAN_URI) {
          names.add(new CertificateName(URI + name.get(1)));
        } else if (kind == SAN_DNS) {
          names.add(
              new CertificateName(DNS + String.valueOf(name.get(1)).toLowerCase(Locale.ROOT)));
        }
      }
    } catch (CertificateParsingException e) {
      // What cannot be read names nobody.
      return List.of();
    }
    names.add(subject(certificate.getSubjectX500Principal()));
    return names;
  }

  private static CertificateName subject(X500Principal principal) {
    return new CertificateName(SUBJECT + principal.getName(X500Principal.CANONICAL));
  }
}
