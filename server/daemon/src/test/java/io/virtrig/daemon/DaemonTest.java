package io.virtrig.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.virtrig.daemon.config.Configuration;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.HostServiceGrpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DaemonTest {
  @TempDir private Path folder;

  @Test
  void withACertificateItSpeaksTlsAndNothingElse() throws Exception {
    X509Bundle bundle =
        new CertificateBuilder()
            .subject("CN=localhost")
            .addSanDnsName("localhost")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    Path certificate =
        Files.writeString(folder.resolve("cert.pem"), bundle.getCertificatePathPEM());
    Path key = Files.writeString(folder.resolve("key.pem"), bundle.getPrivateKeyPEM());
    try (Daemon daemon = Daemon.start(configuration(new Configuration.Tls(certificate, key)))) {
      ChannelCredentials trusting =
          TlsChannelCredentials.newBuilder().trustManager(certificate.toFile()).build();
      assertThat(create(daemon, trusting)).isEqualTo("hosts/a");
      StatusRuntimeException plaintext =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () -> create(daemon, InsecureChannelCredentials.create()));
      assertThat(plaintext.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }
  }

  @Test
  void aPortThatIsTakenIsSaid() throws IOException {
    try (Daemon first = Daemon.start(configuration(null))) {
      Configuration same =
          new Configuration(
              first.grpcAddress(), null, null, 10, 4096, Duration.ZERO, List.of(), false);
      assertThatThrownBy(() -> Daemon.start(same)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void whenItStopsItsHealthSaysSoFirst() throws Exception {
    Daemon daemon = Daemon.start(configuration(null));
    ManagedChannel channel = channel(daemon, InsecureChannelCredentials.create());
    try {
      Iterator<HealthCheckResponse> health =
          HealthGrpc.newBlockingStub(channel)
              .withDeadlineAfter(30, TimeUnit.SECONDS)
              .watch(HealthCheckRequest.getDefaultInstance());
      assertThat(health.next().getStatus()).isEqualTo(ServingStatus.SERVING);
      Thread stopping = Thread.ofVirtual().start(daemon::close);
      assertThat(health.next().getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
      stopping.join();
    } finally {
      channel.shutdownNow();
    }
  }

  private static String create(Daemon daemon, ChannelCredentials credentials) {
    ManagedChannel channel = channel(daemon, credentials);
    try {
      return HostServiceGrpc.newBlockingStub(channel)
          .withDeadlineAfter(30, TimeUnit.SECONDS)
          .createHost(CreateHostRequest.newBuilder().setHostId("a").build())
          .getHost()
          .getName();
    } finally {
      channel.shutdownNow();
    }
  }

  private static ManagedChannel channel(Daemon daemon, ChannelCredentials credentials) {
    return Grpc.newChannelBuilder("localhost:" + daemon.grpcAddress().getPort(), credentials)
        .build();
  }

  private static Configuration configuration(Configuration.@Nullable Tls tls) {
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    return new Configuration(
        anyPort, null, tls, 10, 4 << 20, Duration.ofSeconds(1), List.of(), false);
  }
}
