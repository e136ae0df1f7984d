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
 * @param access who may call, and who administers
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
    Access access,
    ConnectionLimits limits,
    Scraping scraping) {

  /** Everybody may call, with the usual limits, and nobody administers. */
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
        Access.OPEN,
        ConnectionLimits.USUAL,
        Scraping.OPEN);
  }

  /** The same with other access. */
  public Configuration with(Access other) {
    return with(other, limits, scraping);
  }

  /** The same with other limits. */
  public Configuration with(ConnectionLimits other) {
    return with(access, other, scraping);
  }

  /** The same with other readers. */
  public Configuration with(Scraping other) {
    return with(access, limits, other);
  }

  private Configuration with(Access access, ConnectionLimits limits, Scraping scraping) {
    return new Configuration(
        listen,
        metrics,
        tls,
        maxHosts,
        maxMessageBytes,
        shutdownGrace,
        models,
        untilStdinCloses,
        access,
        limits,
        scraping);
  }

  /**
   * Who may call, and who administers.
   *
   * @param tenants the file that says which tenants there are; null when everybody may call
   * @param admin where administrators call; null for nowhere
   * @param auditLog where acts of the control plane are written, {@code -} for standard output;
   *     null for nowhere
   */
  public record Access(
      @Nullable Path tenants, @Nullable InetSocketAddress admin, @Nullable String auditLog) {
    /** Everybody may call. */
    public static final Access OPEN = new Access(null, null, null);

    /**
     * Whether everybody may call and nothing is written of it. Said without {@code equals}: the JVM
     * puts a record's together at its first use, for a twentieth of the time of a start.
     */
    public boolean isOpen() {
      return tenants == null && admin == null && auditLog == null;
    }
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
