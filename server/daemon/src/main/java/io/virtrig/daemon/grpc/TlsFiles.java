package io.virtrig.daemon.grpc;

import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.CertificateUtils;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.virtrig.daemon.config.Configuration;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files with which gRPC is encrypted, read again when they change: new connections get what is
 * new, those that are open go on. Files that make no sense together are refused, once for each
 * change, and what was in force stays so.
 */
public final class TlsFiles implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TlsFiles.class);
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(10);

  private final Configuration.Tls files;
  private final TlsServerCredentials.ClientAuth clientAuth;
  private final AdvancedTlsX509KeyManager keys = new AdvancedTlsX509KeyManager();
  private final @Nullable AdvancedTlsX509TrustManager clients;
  private final Counter loaded;
  private final Counter refused;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().name("tls-files").factory());
  private final ScheduledFuture<?> looks;

  /** What was looked at last; confined to whoever looks, one at a time. */
  private Contents last;

  private volatile long notAfter;

  /** The bytes of the files. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by same() alone.
  private record Contents(byte[] certificates, byte[] key, byte[] clients) {
    static Contents of(Configuration.Tls files) throws IOException {
      Path clients = files.clientCertificates();
      return new Contents(
          Files.readAllBytes(files.certificateChain()),
          Files.readAllBytes(files.privateKey()),
          clients == null ? new byte[0] : Files.readAllBytes(clients));
    }

    boolean same(Contents other) {
      return Arrays.equals(certificates, other.certificates)
          && Arrays.equals(key, other.key)
          && Arrays.equals(clients, other.clients);
    }
  }

  private TlsFiles(
      Configuration.Tls files,
      @Nullable AdvancedTlsX509TrustManager clients,
      TlsServerCredentials.ClientAuth clientAuth,
      MeterRegistry registry)
      throws IOException, GeneralSecurityException {
    this.files = files;
    this.clientAuth = clientAuth;
    this.clients = clients;
    loaded = reloads(registry, "loaded");
    refused = reloads(registry, "refused");
    last = Contents.of(files);
    use(last);
    Gauge.builder("virtrig.tls.certificate.expiry", () -> notAfter)
        .description("When the certificate in force expires, in seconds since 1970")
        .baseUnit("seconds")
        .strongReference(true)
        .register(registry);
    looks =
        thread.scheduleWithFixedDelay(
            this::look, BETWEEN_LOOKS.toMillis(), BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Reads the files and begins to watch them.
   *
   * @param tokens whether a client without a certificate may still have a token
   * @throws IOException when they cannot be read, or make no sense together
   */
  public static TlsFiles read(Configuration.Tls files, boolean tokens, MeterRegistry registry)
      throws IOException {
    try {
      return new TlsFiles(
          files,
          files.clientCertificates() == null
              ? null
              // What clients prove is who issued their certificate; names of hosts say nothing.
              : AdvancedTlsX509TrustManager.newBuilder()
                  .setVerification(
                      AdvancedTlsX509TrustManager.Verification.CERTIFICATE_ONLY_VERIFICATION)
                  .build(),
          tokens
              ? TlsServerCredentials.ClientAuth.OPTIONAL
              : TlsServerCredentials.ClientAuth.REQUIRE,
          registry);
    } catch (GeneralSecurityException e) {
      throw new IOException(describe(files, e), e);
    }
  }

  private static String describe(Configuration.Tls files, Exception e) {
    Path clients = files.clientCertificates();
    return files.certificateChain()
        + ", "
        + files.privateKey()
        + (clients == null ? "" : ", " + clients)
        + ": "
        + e.getMessage();
  }

  private static Counter reloads(MeterRegistry registry, String outcome) {
    return Counter.builder("virtrig.tls.reloads")
        .description("Changes of the files for TLS that were seen")
        .tag("outcome", outcome)
        .register(registry);
  }

  /** What a server encrypts with, now and after each change. */
  ServerCredentials credentials() {
    TlsServerCredentials.Builder credentials = TlsServerCredentials.newBuilder().keyManager(keys);
    if (clients != null) {
      credentials.trustManager(clients).clientAuth(clientAuth);
    }
    return credentials.build();
  }

  /** Takes over what has changed, if it makes sense. */
  synchronized void look() {
    try {
      Contents now = Contents.of(files);
      if (now.same(last)) {
        return;
      }
      last = now;
      use(now);
      loaded.increment();
      LOG.info("new certificates are in force: {}", files.certificateChain());
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      refused.increment();
      LOG.error("the certificates before stay in force: {}", describe(files, e));
    }
  }

  /** Everything is checked before anything is taken over. */
  private void use(Contents contents) throws GeneralSecurityException, IOException {
    X509Certificate[] chain =
        CertificateUtils.getX509Certificates(new ByteArrayInputStream(contents.certificates));
    PrivateKey key = CertificateUtils.getPrivateKey(new ByteArrayInputStream(contents.key));
    if (chain.length == 0) {
      throw new GeneralSecurityException("there is no certificate");
    }
    chain[0].checkValidity();
    requirePair(chain[0], key);
    if (clients != null) {
      X509Certificate[] trusted =
          CertificateUtils.getX509Certificates(new ByteArrayInputStream(contents.clients));
      if (trusted.length == 0) {
        throw new GeneralSecurityException("there is no certificate that clients could have");
      }
      clients.updateTrustCredentials(trusted);
    }
    keys.updateIdentityCredentials(chain, key);
    notAfter = chain[0].getNotAfter().toInstant().getEpochSecond();
  }

  private static void requirePair(X509Certificate certificate, PrivateKey key)
      throws GeneralSecurityException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          case "Ed25519", "EdDSA" -> "Ed25519";
          default -> throw new GeneralSecurityException("no use for keys of " + key.getAlgorithm());
        };
    byte[] text = certificate.getSignature();
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(text);
    byte[] signed = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    signature.update(text);
    if (!signature.verify(signed)) {
      throw new GeneralSecurityException("the key is not that of the certificate");
    }
  }

  @Override
  public void close() {
    looks.cancel(false);
    thread.close();
  }
}
