package io.virtrig.daemon.grpc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.virtrig.daemon.config.Configuration;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsFilesTest {
  @TempDir private Path folder;

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private X509Bundle first;
  private Path certificate;
  private Path key;
  private @Nullable TlsFiles files;
  private @Nullable Server server;

  @BeforeEach
  void writeFiles() throws Exception {
    first = localhost();
    certificate = folder.resolve("cert.pem");
    key = folder.resolve("key.pem");
    write(first);
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.shutdownNow();
    }
    if (files != null) {
      files.close();
    }
  }

  @Test
  void newConnectionsGetWhatIsNewAndThoseThatAreOpenGoOn() throws Exception {
    int port = serve(new Configuration.Tls(certificate, key));
    ManagedChannel open = channel(port, trusting(first).build());
    check(open);
    X509Bundle second = localhost();
    write(second);
    opened().look();
    check(open);
    assertThat(refusal(port, trusting(first).build())).isEqualTo(Status.Code.UNAVAILABLE);
    ManagedChannel anew = channel(port, trusting(second).build());
    check(anew);
    assertThat(reloads("loaded")).isEqualTo(1);
    assertThat(meters.get("virtrig.tls.certificate.expiry").gauge().value())
        .isEqualTo((double) second.getCertificate().getNotAfter().toInstant().getEpochSecond());
    open.shutdownNow();
    anew.shutdownNow();
  }

  @Test
  void whatMakesNoSenseIsRefusedOnceAndTheOldStays() throws Exception {
    int port = serve(new Configuration.Tls(certificate, key));
    Files.writeString(key, localhost().getPrivateKeyPEM()); // Half of a change.
    opened().look();
    opened().look();
    assertThat(reloads("refused")).isEqualTo(1);
    Files.writeString(certificate, "no certificate");
    opened().look();
    assertThat(reloads("refused")).isEqualTo(2);
    Files.delete(certificate);
    opened().look();
    assertThat(reloads("refused")).isEqualTo(3);
    write(
        new CertificateBuilder()
            .subject("CN=localhost")
            .notBefore(Instant.now().minusSeconds(7200))
            .notAfter(Instant.now().minusSeconds(3600))
            .setIsCertificateAuthority(true)
            .buildSelfSigned());
    opened().look();
    assertThat(reloads("refused")).isEqualTo(4);
    ManagedChannel anew = channel(port, trusting(first).build());
    check(anew);
    anew.shutdownNow();
    assertThat(reloads("loaded")).isZero();
  }

  @Test
  void itDoesNotStartWithAKeyOfAnother() throws Exception {
    Files.writeString(key, localhost().getPrivateKeyPEM());
    assertThatThrownBy(() -> TlsFiles.read(new Configuration.Tls(certificate, key), false, meters))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the key is not that of the certificate");
  }

  @Test
  void clientsNeedACertificateOfTheRightIssuerWhichMayChange() throws Exception {
    X509Bundle issuer = issuer();
    Path issuers = Files.writeString(folder.resolve("ca.pem"), issuer.getCertificatePathPEM());
    int port = serve(new Configuration.Tls(certificate, key, issuers));
    ChannelCredentials ours = with(client(issuer));
    X509Bundle another = issuer();
    ChannelCredentials theirs = with(client(another));
    assertThat(refusal(port, trusting(first).build())).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(refusal(port, theirs)).isEqualTo(Status.Code.UNAVAILABLE);
    ManagedChannel served = channel(port, ours);
    check(served);
    Files.writeString(issuers, another.getCertificatePathPEM());
    opened().look();
    assertThat(refusal(port, ours)).isEqualTo(Status.Code.UNAVAILABLE);
    ManagedChannel anew = channel(port, theirs);
    check(anew);
    served.shutdownNow();
    anew.shutdownNow();
  }

  /** A greeting of TLS 1.1, as no library here would send it: the answer is the alert 70. */
  @Test
  void whatIsOlderThanTls12IsRefused() throws Exception {
    int port = serve(new Configuration.Tls(certificate, key));
    byte[] hello =
        ByteBuffer.allocate(50)
            .put(new byte[] {22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 2})
            .position(43)
            .put(new byte[] {0, 0, 2, 0, 0x2f, 1, 0})
            .array();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write(hello);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      assertThat(in.readByte()).isEqualTo((byte) 21);
      assertThat(in.readShort()).isGreaterThan((short) 0x300);
      assertThat(in.readShort()).isEqualTo((short) 2);
      assertThat(in.readByte()).isEqualTo((byte) 2);
      assertThat(in.readByte()).isEqualTo((byte) 70);
    }
  }

  private TlsFiles opened() {
    TlsFiles opened = files;
    if (opened == null) {
      throw new AssertionError("no files");
    }
    return opened;
  }

  private int serve(Configuration.Tls tls) throws IOException {
    files = TlsFiles.read(tls, false, meters);
    Server started =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), opened().credentials())
            .addService(new HealthStatusManager().getHealthService())
            .build()
            .start();
    server = started;
    return started.getPort();
  }

  private double reloads(String outcome) {
    return meters.get("virtrig.tls.reloads").tag("outcome", outcome).counter().count();
  }

  private static ManagedChannel channel(int port, ChannelCredentials credentials) {
    return Grpc.newChannelBuilder("localhost:" + port, credentials).build();
  }

  private static void check(ManagedChannel channel) {
    var _ =
        HealthGrpc.newBlockingStub(channel)
            .withDeadlineAfter(30, TimeUnit.SECONDS)
            .check(HealthCheckRequest.getDefaultInstance());
  }

  private static Status.Code refusal(int port, ChannelCredentials credentials) {
    ManagedChannel channel = channel(port, credentials);
    try {
      return catchThrowableOfType(StatusRuntimeException.class, () -> check(channel))
          .getStatus()
          .getCode();
    } finally {
      channel.shutdownNow();
    }
  }

  private TlsChannelCredentials.Builder trusting(X509Bundle bundle) throws IOException {
    return TlsChannelCredentials.newBuilder()
        .trustManager(new ByteArrayInputStream(bundle.getCertificatePathPEM().getBytes(US_ASCII)));
  }

  private ChannelCredentials with(X509Bundle client) throws IOException {
    return trusting(first)
        .keyManager(client.toTempCertChainPem(), client.toTempPrivateKeyPem())
        .build();
  }

  private void write(X509Bundle bundle) throws IOException {
    Files.writeString(certificate, bundle.getCertificatePathPEM());
    Files.writeString(key, bundle.getPrivateKeyPEM());
  }

  private static X509Bundle localhost() throws Exception {
    return new CertificateBuilder()
        .subject("CN=localhost")
        .addSanDnsName("localhost")
        .setIsCertificateAuthority(true)
        .buildSelfSigned();
  }

  private static X509Bundle issuer() throws Exception {
    return new CertificateBuilder()
        .subject("CN=issuer")
        .setIsCertificateAuthority(true)
        .buildSelfSigned();
  }

  private static X509Bundle client(X509Bundle issuer) throws Exception {
    return new CertificateBuilder().subject("CN=client").buildIssuedBy(issuer);
  }
}
