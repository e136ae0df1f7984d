package io.virtrig.daemon.limits;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.virtrig.daemon.Daemon;
import io.virtrig.daemon.config.Configuration;
import io.virtrig.daemon.config.ConnectionLimits;
import io.virtrig.daemon.limits.HostileClientsTest.Attack;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Clients who take their time, and a daemon whose patience is shorter than usual. */
final class PatienceAttacks {
  private static final Duration SHORT = Duration.ofMillis(400);
  private static final Duration LONG = Duration.ofSeconds(3);
  private static final String CALL = "virtrig.v1.HostService/ListHosts";

  private final InetSocketAddress daemon;

  private PatienceAttacks(InetSocketAddress daemon) {
    this.daemon = daemon;
  }

  static Daemon impatientDaemon() throws IOException {
    return impatientDaemon(null);
  }

  private static Daemon impatientDaemon(Configuration.@Nullable Tls tls) throws IOException {
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    ConnectionLimits usual = ConnectionLimits.USUAL;
    return Daemon.start(
        new Configuration(anyPort, null, tls, 10, 4 << 20, Duration.ZERO, List.of(), false)
            .with(
                new ConnectionLimits(
                    usual.connections(),
                    usual.connectionsPerPeer(),
                    usual.streams(),
                    usual.streamsPerPeer(),
                    SHORT,
                    SHORT,
                    LONG,
                    SHORT,
                    SHORT)));
  }

  static List<Attack> on(Daemon daemon) {
    PatienceAttacks attacks = new PatienceAttacks(daemon.grpcAddress());
    return List.of(
        new Attack("a connection that says nothing", "10 s to speak HTTP/2", attacks::silent),
        new Attack("half of a TLS greeting", "10 s to speak HTTP/2", attacks::halfGreeting),
        new Attack(
            "slowloris: the preface byte by byte", "10 s to speak HTTP/2", attacks::slowPreface),
        new Attack(
            "slowloris: a call's message byte by byte", "60 s a request", attacks::slowMessage),
        new Attack("a connection without calls", "30 min idle", attacks::idle),
        new Attack("a call that never ends", "12 h a connection, 1 h more", attacks::endless));
  }

  private String silent() throws Exception {
    try (RawClient client = new RawClient(daemon)) {
      return client.end();
    }
  }

  private String halfGreeting() throws Exception {
    X509Bundle bundle =
        new CertificateBuilder()
            .subject("CN=localhost")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    Configuration.Tls files =
        new Configuration.Tls(
            bundle.toTempCertChainPem().toPath(), bundle.toTempPrivateKeyPem().toPath());
    try (Daemon encrypting = impatientDaemon(files);
        RawClient client = new RawClient(encrypting.grpcAddress())) {
      client.raw(new byte[] {22, 3, 1, 2, 0, 1, 0});
      return client.end();
    }
  }

  private String slowPreface() throws Exception {
    try (RawClient client = new RawClient(daemon)) {
      byte[] preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);
      client.patience((int) SHORT.toMillis() / 8);
      for (byte one : preface) {
        client.raw(new byte[] {one});
        if (client.isClosed()) {
          return "closed";
        }
      }
      return "it was let in";
    } catch (IOException e) {
      return "closed";
    }
  }

  private String slowMessage() throws Exception {
    try (RawClient client = new RawClient(daemon).greet()) {
      client.begin(1, CALL);
      client.data(1, 0, RawClient.prefixed(0, 1000, new byte[1]));
      return client.status(1);
    }
  }

  private String idle() throws Exception {
    try (RawClient client = new RawClient(daemon).greet()) {
      return client.end();
    }
  }

  /** A stream: only the age of its connection ends it. */
  private String endless() throws Exception {
    try (RawClient client = new RawClient(daemon).greet()) {
      client.begin(1, "virtrig.v1.RingService/Ring");
      return client.end();
    }
  }
}
