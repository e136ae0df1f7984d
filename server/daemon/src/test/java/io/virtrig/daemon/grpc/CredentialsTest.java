package io.virtrig.daemon.grpc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.virtrig.daemon.Daemon;
import io.virtrig.daemon.config.BadConfiguration;
import io.virtrig.daemon.config.Configuration;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.ListHostsRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.SubmissionEntry;
import io.virtrig.v1.WatchEventsRequest;
import io.virtrig.v1.WatchEventsResponse;
import io.virtrig.v1.WatchServiceGrpc;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens and certificates, and what becomes of who has them when the file changes. */
class CredentialsTest {
  @TempDir private Path folder;

  private static Status.Code list(Channel channel) {
    try {
      var _ =
          HostServiceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(30, TimeUnit.SECONDS)
              .listHosts(ListHostsRequest.getDefaultInstance());
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  @Test
  void aRevokedTokenEndsItsStreamsAndNobodyElses() throws Exception {
    TenantsOnDisk both = new TenantsOnDisk(folder).tenant("a").tenant("b").write();
    try (ServedDaemon daemon = new ServedDaemon(both.access())) {
      Channel a = daemon.channel(TenantsOnDisk.token("a"));
      Channel b = daemon.channel(TenantsOnDisk.token("b"));
      for (Channel channel : new Channel[] {a, b}) {
        var _ =
            HostServiceGrpc.newBlockingStub(channel)
                .createHost(CreateHostRequest.newBuilder().setHostId("h").build());
      }
      try (OpenRing revoked = new OpenRing(b);
          OpenRing kept = new OpenRing(a)) {
        assertThat(revoked.run("h", entry())).hasSize(1);
        assertThat(kept.run("h", entry())).hasSize(1);
        CompletableFuture<Throwable> watch = watch(b);
        var _ = new TenantsOnDisk(folder).tenant("a").write();
        assertThat(revoked.closed().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
        assertThat(Status.fromThrowable(watch.get(30, TimeUnit.SECONDS)).getCode())
            .isEqualTo(Status.Code.UNAUTHENTICATED);
        assertThat(list(b)).isEqualTo(Status.Code.UNAUTHENTICATED);
        assertThat(kept.run("h", entry())).hasSize(1);
        // Who was left out by a slip finds everything as it was.
        var _ = both.write();
        await().until(() -> list(b) == Status.Code.OK);
        assertThat(
                HostServiceGrpc.newBlockingStub(b)
                    .listHosts(ListHostsRequest.getDefaultInstance())
                    .getTotalSize())
            .isEqualTo(1);
      }
    }
  }

  private static SubmissionEntry entry() {
    return SubmissionEntry.newBuilder()
        .setOperation(Operation.newBuilder().setEventfd(EventfdRequest.getDefaultInstance()))
        .build();
  }

  /** What ends a watch that has begun. */
  private static CompletableFuture<Throwable> watch(Channel channel) throws Exception {
    CompletableFuture<Boolean> begun = new CompletableFuture<>();
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    WatchServiceGrpc.newStub(channel)
        .watchEvents(
            WatchEventsRequest.newBuilder().setName("h").build(),
            new StreamObserver<>() {
              @Override
              public void onNext(WatchEventsResponse value) {
                begun.complete(true);
              }

              @Override
              public void onError(Throwable problem) {
                ended.complete(problem);
              }

              @Override
              public void onCompleted() {
                ended.completeExceptionally(new AssertionError("it ended well"));
              }
            });
    assertThat(begun.get(30, TimeUnit.SECONDS)).isTrue();
    return ended;
  }

  @Test
  void aBadFileLeavesTheOneBeforeInForce() throws Exception {
    TenantsOnDisk file = new TenantsOnDisk(folder).tenant("a").write();
    try (ServedDaemon daemon = new ServedDaemon(file.access())) {
      Channel a = daemon.channel(TenantsOnDisk.token("a"));
      Channel b = daemon.channel(TenantsOnDisk.token("b"));
      for (String bad : new String[] {"", "tenants: []", "tenants: [{name: b, tokens: [plain]}]"}) {
        var _ = file.write(bad);
        // A good one after it is taken up, so the bad one has been looked at or passed over.
        assertThat(list(a)).isEqualTo(Status.Code.OK);
        var _ = new TenantsOnDisk(folder).tenant("a").tenant("b").write();
        await().until(() -> list(b) == Status.Code.OK);
        var _ = file.write();
        await().until(() -> list(b) == Status.Code.UNAUTHENTICATED);
        assertThat(list(a)).isEqualTo(Status.Code.OK);
      }
    }
  }

  @Test
  void aBadFileKeepsTheDaemonFromStarting() throws Exception {
    TenantsOnDisk file = new TenantsOnDisk(folder).write("tenants: [{name: Team}]");
    BadConfiguration refused =
        catchThrowableOfType(BadConfiguration.class, () -> new ServedDaemon(file.access()));
    assertThat(refused).hasMessageContaining("--tenants").hasMessageContaining("\"Team\"");
  }

  @Test
  void aVerifiedCertificateStandsForATenant() throws Exception {
    X509Bundle issuer =
        new CertificateBuilder()
            .subject("CN=issuer")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    X509Bundle server =
        new CertificateBuilder()
            .subject("CN=localhost")
            .addSanDnsName("localhost")
            .buildIssuedBy(issuer);
    X509Bundle rig =
        new CertificateBuilder()
            .subject("CN=rig, O=lab")
            .addSanUriName("spiffe://lab/a")
            .addSanDnsName("Rig.Lab")
            .buildIssuedBy(issuer);
    X509Bundle stranger =
        new CertificateBuilder()
            .subject("CN=stranger")
            .addSanUriName("spiffe://lab/stranger")
            .buildIssuedBy(issuer);
    X509Bundle forged =
        new CertificateBuilder()
            .subject("CN=rig, O=lab")
            .addSanUriName("spiffe://lab/a")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    for (String name : new String[] {"uri:spiffe://lab/a", "dns:rig.lab", "subject:O=lab,CN=rig"}) {
      boolean stands = !name.startsWith("subject:");
      TenantsOnDisk file = new TenantsOnDisk(folder).tenant("b").certified("a", name).write();
      try (Daemon daemon = Daemon.start(configuration(file, issuer, server))) {
        // The order of a subject's parts is part of it.
        assertThat(list(daemon, issuer, rig, ""))
            .as(name)
            .isEqualTo(stands ? Status.Code.OK : Status.Code.UNAUTHENTICATED);
        assertThat(list(daemon, issuer, stranger, "")).isEqualTo(Status.Code.UNAUTHENTICATED);
        assertThat(list(daemon, issuer, null, "")).isEqualTo(Status.Code.UNAUTHENTICATED);
        assertThat(list(daemon, issuer, null, TenantsOnDisk.token("b"))).isEqualTo(Status.Code.OK);
        // Who shows a token is who the token says, and nobody when it says nobody.
        assertThat(list(daemon, issuer, rig, TenantsOnDisk.token("b"))).isEqualTo(Status.Code.OK);
        assertThat(list(daemon, issuer, rig, "unknown")).isEqualTo(Status.Code.UNAUTHENTICATED);
        // It is not even sent by clients that look at whom the daemon trusts.
        assertThat(list(daemon, issuer, forged, ""))
            .isIn(Status.Code.UNAVAILABLE, Status.Code.UNAUTHENTICATED);
      }
    }
    TenantsOnDisk file = new TenantsOnDisk(folder).certified("a", "subject:CN=rig, O=lab").write();
    try (Daemon daemon = Daemon.start(configuration(file, issuer, server))) {
      assertThat(list(daemon, issuer, rig, "")).isEqualTo(Status.Code.OK);
    }
  }

  private Configuration configuration(TenantsOnDisk file, X509Bundle issuer, X509Bundle server)
      throws Exception {
    Path certificate =
        Files.writeString(folder.resolve("cert.pem"), server.getCertificatePathPEM());
    Path key = Files.writeString(folder.resolve("key.pem"), server.getPrivateKeyPEM());
    Path ca = Files.writeString(folder.resolve("ca.pem"), issuer.getCertificatePEM());
    return new Configuration(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            null,
            new Configuration.Tls(certificate, key, ca),
            10,
            4 << 20,
            Duration.ofSeconds(1),
            List.of(),
            false)
        .with(file.access());
  }

  private static Status.Code list(
      Daemon daemon, X509Bundle issuer, @Nullable X509Bundle client, String token)
      throws Exception {
    TlsChannelCredentials.Builder credentials =
        TlsChannelCredentials.newBuilder()
            .trustManager(new ByteArrayInputStream(issuer.getCertificatePEM().getBytes(US_ASCII)));
    if (client != null) {
      credentials.keyManager(client.toKeyManagerFactory().getKeyManagers());
    }
    ChannelCredentials built = credentials.build();
    ManagedChannel channel =
        Grpc.newChannelBuilder("localhost:" + daemon.grpcAddress().getPort(), built).build();
    try {
      if (token.isEmpty()) {
        return list(channel);
      }
      Metadata headers = new Metadata();
      headers.put(BearerTokens.AUTHORIZATION, "Bearer " + token);
      return list(
          ClientInterceptors.intercept(
              channel, MetadataUtils.newAttachHeadersInterceptor(headers)));
    } finally {
      var _ = channel.shutdownNow();
    }
  }
}
