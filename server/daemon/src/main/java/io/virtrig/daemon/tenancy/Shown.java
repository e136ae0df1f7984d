package io.virtrig.daemon.tenancy;

import java.net.SocketAddress;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * What a call shows of who makes it.
 *
 * @param token the hash of its bearer token, when it has one
 * @param certificate the names in the client's verified certificate; none when it has none
 * @param peer where it comes from, when that is known
 */
public record Shown(
    @Nullable TokenHash token, List<CertificateName> certificate, @Nullable SocketAddress peer) {
  private static final String NAMES = "virtrig.certificate.names";

  /** What a call shows that came over that session. */
  public static Shown of(
      @Nullable TokenHash token, @Nullable SSLSession session, @Nullable SocketAddress peer) {
    return new Shown(token, session == null || token != null ? List.of() : names(session), peer);
  }

  /** Read once a session. */
  @SuppressWarnings("unchecked")
  private static List<CertificateName> names(SSLSession session) {
    Object before = session.getValue(NAMES);
    if (before != null) {
      return (List<CertificateName>) before;
    }
    List<CertificateName> names = List.of();
    try {
      Certificate[] chain = session.getPeerCertificates();
      if (chain.length > 0 && chain[0] instanceof X509Certificate own) {
        names = List.copyOf(CertificateName.of(own));
      }
    } catch (SSLPeerUnverifiedException e) {
      // The client has shown none.
    }
    session.putValue(NAMES, names);
    return names;
  }
}
