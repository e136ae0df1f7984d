package io.virtrig.daemon.config;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the daemon was told to do.
 *
 * @param listen where gRPC is served; port 0 for any
 * @param metrics where metrics are served; null for nowhere
 * @param tls with what gRPC is encrypted; null for plaintext
 * @param maxHosts the most hosts at a time
 * @param maxMessageBytes the largest request taken
 * @param shutdownGrace how long running calls may take to finish when the daemon stops
 * @param models files with device models, beside those that come with the daemon
 * @param untilStdinCloses stop when standard input reaches its end: for daemons that belong to
 *     another program
 * @param limits what clients may take up
 * @param scraping who may read metrics and console
 */
public record Configuration(
    InetSocketAddress listen,
    @Nullable InetSocketAddress metrics,
    @Nullable Tls tls,
    int maxHosts,
    int maxMessageBytes,
    Duration shutdownGrace,
    List<Path> models,
    boolean untilStdinCloses,
    ConnectionLimits limits,
    Scraping scraping) {

  /** With the usual limits, and metrics for everybody who gets there. */
  public Configuration(
      InetSocketAddress listen,
      @Nullable InetSocketAddress metrics,
      @Nullable Tls tls,
      int maxHosts,
      int maxMessageBytes,
      Duration shutdownGrace,
      List<Path> models,
      boolean untilStdinCloses) {
    this(
        listen,
        metrics,
        tls,
        maxHosts,
        maxMessageBytes,
        shutdownGrace,
        models,
        untilStdinCloses,
        ConnectionLimits.USUAL,
        Scraping.OPEN);
  }

  /** The same with other limits. */
  public Configuration with(ConnectionLimits other) {
    return new Configuration(
        listen,
        metrics,
        tls,
        maxHosts,
        maxMessageBytes,
        shutdownGrace,
        models,
        untilStdinCloses,
        other,
        scraping);
  }

  /** The same with other readers. */
  public Configuration with(Scraping other) {
    return new Configuration(
        listen,
        metrics,
        tls,
        maxHosts,
        maxMessageBytes,
        shutdownGrace,
        models,
        untilStdinCloses,
        limits,
        other);
  }

  /**
   * Files for TLS, in PEM.
   *
   * @param certificateChain the server's certificate, then its issuers'
   * @param privateKey its key, in PKCS 8
   * @param clientCertificates those of which clients must have one, or one that they issued; null
   *     when clients need none
   */
  public record Tls(Path certificateChain, Path privateKey, @Nullable Path clientCertificates) {

    /** For clients without certificates. */
    public Tls(Path certificateChain, Path privateKey) {
      this(certificateChain, privateKey, null);
    }
  }
}
