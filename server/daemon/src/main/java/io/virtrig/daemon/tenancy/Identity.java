package io.virtrig.daemon.tenancy;

/**
 * By what a caller showed who it is, in a form that may be written down: never a token.
 *
 * @param text {@code token:} and the beginning of its hash, or {@code certificate:} and the name in
 *     it that counted
 */
public record Identity(String text) {
  /** Nobody is asked who they are. */
  public static final Identity ANYBODY = new Identity("anybody");

  private static final int HASH_DIGITS = 12;

  static Identity of(TokenHash token) {
    return new Identity("token:" + token.hex().substring(0, HASH_DIGITS));
  }

  static Identity of(CertificateName name) {
    return new Identity("certificate:" + name.text());
  }
}
