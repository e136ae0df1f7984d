package io.virtrig.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsServerCredentials;
import io.grpc.TlsServerCredentials.ClientAuth;
import io.grpc.stub.StreamObserver;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.ListHostsRequest;
import io.virtrig.v1.ListHostsResponse;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.RingServiceGrpc;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stand-in daemon that notes what each call shows, in plaintext and behind TLS. */
class CredentialsTest {
  private static final String NONE = "no token";

  @TempDir static Path folder;

  private static File authority;
  private static File certificate;
  private static File key;
  private static Path clientCertificate;
  private static Path clientKey;

  private final List<String> shown = new CopyOnWriteArrayList<>();
  private @Nullable Server server;

  @BeforeAll
  static void certificates() throws Exception {
    X509Bundle root =
        new CertificateBuilder()
            .subject("CN=authority")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    X509Bundle daemon =
        new CertificateBuilder()
            .subject("CN=daemon")
            .addSanDnsName("localhost")
            .addSanDnsName("daemon.example")
            .buildIssuedBy(root);
    X509Bundle client = new CertificateBuilder().subject("CN=client").buildIssuedBy(root);
    authority = write("authority.pem", root.getCertificatePEM()).toFile();
    certificate = write("daemon.pem", daemon.getCertificatePathPEM()).toFile();
    key = write("daemon.key", daemon.getPrivateKeyPEM()).toFile();
    clientCertificate = write("client.pem", client.getCertificatePathPEM());
    clientKey = write("client.key", client.getPrivateKeyPEM());
  }

  private static Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  /** Starts the daemon; returns its port. */
  private int serve(ServerCredentials credentials) throws IOException {
    Server started =
        Grpc.newServerBuilderForPort(0, credentials)
            .intercept(new Noting())
            .addService(
                new HostServiceGrpc.HostServiceImplBase() {
                  @Override
                  public void listHosts(
                      ListHostsRequest request, StreamObserver<ListHostsResponse> observer) {
                    observer.onNext(ListHostsResponse.getDefaultInstance());
                    observer.onCompleted();
                  }
                })
            .addService(new RingServiceGrpc.RingServiceImplBase() {})
            .build()
            .start();
    server = started;
    return started.getPort();
  }

  private final class Noting implements ServerInterceptor {
    @Override
    public <A, R> ServerCall.Listener<A> interceptCall(
        ServerCall<A, R> call, Metadata headers, ServerCallHandler<A, R> next) {
      String value = headers.get(TokenInterceptor.AUTHORIZATION);
      shown.add(value == null ? NONE : value);
      return next.startCall(call, headers);
    }
  }

  private static ServerCredentials tls(ClientAuth clients) throws IOException {
    return TlsServerCredentials.newBuilder()
        .keyManager(certificate, key)
        .trustManager(authority)
        .clientAuth(clients)
        .build();
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.shutdownNow();
    }
  }

  private static void call(String target, Credentials credentials) {
    try (VirtrigClient client =
        VirtrigClient.connect(target, credentials, Duration.ofSeconds(20))) {
      assertThat(client.listHosts()).isEmpty();
    }
  }

  @Test
  void whoHasNeitherATokenNorACertificateIsNobody() {
    assertThat(Credentials.none().isAnonymous()).isTrue();
    assertThat(Credentials.builder().tls().build().isAnonymous()).isTrue();
    assertThat(Credentials.builder().token(() -> "vrt_1").build().isAnonymous()).isFalse();
    assertThat(
            Credentials.builder()
                .clientCertificate(clientCertificate, clientKey)
                .build()
                .isAnonymous())
        .isFalse();
  }

  @Test
  void aTokenIsShownWithEveryCall() throws IOException {
    int port = serve(InsecureServerCredentials.create());
    call("127.0.0.1:" + port, Credentials.from(Map.of(Credentials.TOKEN, " abc\n")));
    call("localhost:" + port, Credentials.none());
    assertThat(shown).containsExactly("Bearer abc", NONE);
  }

  @Test
  void streamsShowItToo() throws IOException {
    int port = serve(InsecureServerCredentials.create());
    Credentials credentials = Credentials.builder().token(() -> "abc").build();
    try (VirtrigClient client = VirtrigClient.connect("127.0.0.1:" + port, credentials);
        VirtrigRing ring = client.openRing()) {
      assertThatThrownBy(() -> ring.submit(RingRequest.getDefaultInstance()).get()).isNotNull();
    }
    assertThat(shown).contains("Bearer abc").doesNotContain(NONE);
  }

  @Test
  void aTokenFileIsReadAgainWhenItChanges() throws IOException {
    int port = serve(InsecureServerCredentials.create());
    Path file = write("token", "first\n");
    Credentials credentials = Credentials.from(Map.of(Credentials.TOKEN_FILE, file.toString()));
    try (VirtrigClient client = VirtrigClient.connect("127.0.0.1:" + port, credentials)) {
      client.listHosts();
      Files.writeString(file, "other\n");
      Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000));
      client.listHosts();
      Files.delete(file);
      assertThatThrownBy(client::listHosts)
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> {
                assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
                assertThat(e.getStatus().getDescription()).contains(file.toString());
              });
    }
    assertThat(shown).containsExactly("Bearer first", "Bearer other");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " \n", "two words", "line\nbreak", "t\u00f6ken"})
  void whatIsNoTokenIsNotSent(String token) throws IOException {
    int port = serve(InsecureServerCredentials.create());
    Credentials credentials = Credentials.builder().token(() -> token).build();
    assertThatThrownBy(() -> call("127.0.0.1:" + port, credentials))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED));
    assertThat(shown).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lab.example:7473", "192.0.2.1:7473", "dns:///lab.example:7473", "128.0.0.1:7473",
        "localhost.example:7473", "127.0.0.1.example:7473", "[2001:db8::1]:7473", "1:7473"
      })
  void aTokenDoesNotLeaveThisMachineUnencrypted(String target) {
    Credentials credentials = Credentials.builder().token(() -> "abc").build();
    assertThatThrownBy(() -> VirtrigClient.connect(target, credentials))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("in plaintext");
    VirtrigClient.connect(target, Credentials.none()).close();
    VirtrigClient.connect(
            target,
            Credentials.from(
                Map.of(Credentials.TOKEN, "abc", Credentials.TOKEN_IN_PLAINTEXT, "true")))
        .close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost:7473",
        "localhost",
        "127.0.0.1:7473",
        "127.1.2.3:1",
        "[::1]:7473",
        "::1",
        "dns:///localhost:7473",
        "ipv4:127.0.0.1:7473",
        "unix:/run/virtrig.sock"
      })
  void thisMachineIsTrusted(String target) {
    assertThat(Loopback.is(target)).isTrue();
  }

  @Test
  void tlsTrustsTheCertificatesOfAFile() throws IOException {
    int port = serve(tls(ClientAuth.NONE));
    call(
        "localhost:" + port,
        Credentials.from(
            Map.of(Credentials.TLS_TRUST, authority.toString(), Credentials.TOKEN, "abc")));
    assertThat(shown).containsExactly("Bearer abc");
    Credentials withoutTrust = Credentials.from(Map.of(Credentials.TLS, "true"));
    assertThatThrownBy(() -> call("localhost:" + port, withoutTrust))
        .isInstanceOf(StatusRuntimeException.class);
    assertThatThrownBy(() -> call("localhost:" + port, Credentials.none()))
        .isInstanceOf(StatusRuntimeException.class);
    assertThat(shown).hasSize(1);
  }

  @Test
  void theCertificateMustNameTheDaemon() throws IOException {
    int port = serve(tls(ClientAuth.NONE));
    Map<String, String> environment = Map.of(Credentials.TLS_TRUST, authority.toString());
    assertThatThrownBy(() -> call("127.0.0.1:" + port, Credentials.from(environment)))
        .isInstanceOf(StatusRuntimeException.class);
    call(
        "127.0.0.1:" + port,
        Credentials.builder().trust(authority.toPath()).serverName("daemon.example").build());
    assertThat(shown).containsExactly(NONE);
  }

  @Test
  void aClientCertificateIsShown() throws IOException {
    int port = serve(tls(ClientAuth.REQUIRE));
    Map<String, String> environment =
        Map.of(
            Credentials.TLS_TRUST, authority.toString(),
            Credentials.TLS_CLIENT_CERT, clientCertificate.toString(),
            Credentials.TLS_CLIENT_KEY, clientKey.toString());
    call("localhost:" + port, Credentials.from(environment));
    assertThatThrownBy(
            () ->
                call("localhost:" + port, Credentials.builder().trust(authority.toPath()).build()))
        .isInstanceOf(StatusRuntimeException.class);
    assertThat(shown).containsExactly(NONE);
  }

  @Test
  void whatContradictsItselfIsRefused() {
    assertThatThrownBy(() -> Credentials.from(Map.of(Credentials.TLS_CLIENT_KEY, "a.key")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("go together");
    assertThatThrownBy(() -> Credentials.from(Map.of(Credentials.TLS, "yes")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("neither");
    assertThatThrownBy(() -> Credentials.from(Map.of(Credentials.TLS_TRUST, "/nowhere.pem")))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("/nowhere.pem");
  }

  @Test
  void noTextShowsTheToken() {
    assertThat(Credentials.from(Map.of(Credentials.TOKEN, "abc")))
        .hasToString("plaintext, a token");
  }
}
