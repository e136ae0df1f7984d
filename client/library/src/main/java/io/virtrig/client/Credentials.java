package io.virtrig.client;

import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptor;
import io.grpc.InsecureChannelCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How a client knows its daemon, and the daemon its client: whom TLS trusts, a client certificate,
 * the token of a tenant.
 *
 * <pre>{@code
 * Credentials credentials =
 *     Credentials.builder().trust(Path.of("ca.pem")).tokenFile(Path.of("lab.token")).build();
 * try (VirtrigClient client = VirtrigClient.connect("lab.example:7473", credentials)) { ... }
 * }</pre>
 */
public final class Credentials {
  /** The variable that holds a token. */
  public static final String TOKEN = "VIRTRIG_TOKEN";

  /** The variable that names a file with a token; a token given wins. */
  public static final String TOKEN_FILE = "VIRTRIG_TOKEN_FILE";

  /** The variable that, {@code true}, lets a token go unencrypted to another machine. */
  public static final String TOKEN_IN_PLAINTEXT = "VIRTRIG_TOKEN_IN_PLAINTEXT";

  /** The variable that, {@code true}, has TLS with the authorities that this machine trusts. */
  public static final String TLS = "VIRTRIG_TLS";

  /** The variable that names the certificates to trust, PEM. */
  public static final String TLS_TRUST = "VIRTRIG_TLS_TRUST";

  /** The variable that names the client's certificate chain, PEM. */
  public static final String TLS_CLIENT_CERT = "VIRTRIG_TLS_CLIENT_CERT";

  /** The variable that names its private key, PEM, PKCS 8. */
  public static final String TLS_CLIENT_KEY = "VIRTRIG_TLS_CLIENT_KEY";

  /** The variable that says whom the daemon's certificate names, if not the address. */
  public static final String TLS_SERVER_NAME = "VIRTRIG_TLS_SERVER_NAME";

  private final boolean tls;
  private final byte @Nullable [] trust;
  private final byte @Nullable [] certificate;
  private final byte @Nullable [] key;
  private final @Nullable String serverName;
  private final @Nullable Supplier<String> token;
  private final boolean tokenInPlaintext;

  private Credentials(Builder builder) {
    tls = builder.tls;
    trust = builder.trust;
    certificate = builder.certificate;
    key = builder.key;
    serverName = builder.serverName;
    token = builder.token;
    tokenInPlaintext = builder.tokenInPlaintext;
  }

  /** Plaintext, and nobody in particular. */
  public static Credentials none() {
    return builder().build();
  }

  /** What the environment says. */
  public static Credentials fromEnvironment() {
    return from(System.getenv());
  }

  /**
   * What the variables of an environment say.
   *
   * @throws IllegalArgumentException when they contradict each other
   * @throws UncheckedIOException when a file that they name cannot be read
   */
  public static Credentials from(Map<String, String> environment) {
    Builder builder = builder();
    if (isTrue(environment, TLS)) {
      builder.tls();
    }
    String trust = text(environment, TLS_TRUST);
    if (!trust.isEmpty()) {
      builder.trust(Path.of(trust));
    }
    String certificate = text(environment, TLS_CLIENT_CERT);
    String key = text(environment, TLS_CLIENT_KEY);
    if (certificate.isEmpty() != key.isEmpty()) {
      throw new IllegalArgumentException(
          TLS_CLIENT_CERT + " and " + TLS_CLIENT_KEY + " go together");
    }
    if (!key.isEmpty()) {
      builder.clientCertificate(Path.of(certificate), Path.of(key));
    }
    String serverName = text(environment, TLS_SERVER_NAME);
    if (!serverName.isEmpty()) {
      builder.serverName(serverName);
    }
    String token = text(environment, TOKEN);
    String file = text(environment, TOKEN_FILE);
    if (!token.isEmpty()) {
      builder.token(() -> token);
    } else if (!file.isEmpty()) {
      builder.tokenFile(Path.of(file));
    }
    if (isTrue(environment, TOKEN_IN_PLAINTEXT)) {
      builder.allowTokenInPlaintext();
    }
    return builder.build();
  }

  private static String text(Map<String, String> environment, String name) {
    return environment.getOrDefault(name, "").strip();
  }

  private static boolean isTrue(Map<String, String> environment, String name) {
    String value = text(environment, name).toLowerCase(Locale.ROOT);
    return switch (value) {
      case "", "false" -> false;
      case "true" -> true;
      default ->
          throw new IllegalArgumentException(
              name + ": \"" + value + "\" is neither \"true\" nor \"false\"");
    };
  }

  /** Nothing said yet. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * A connection to a daemon.
   *
   * @param settings how it is to be beside that
   * @throws IllegalArgumentException when a token would leave this machine unencrypted
   */
  Link link(String target, UnaryOperator<NettyChannelBuilder> settings) {
    if (token != null && !tls && !tokenInPlaintext && !Loopback.is(target)) {
      throw new IllegalArgumentException(
          "a token is not sent to "
              + target
              + " in plaintext: use TLS ("
              + TLS_TRUST
              + ", or "
              + TLS
              + "=true), or say "
              + TOKEN_IN_PLAINTEXT
              + "=true");
    }
    NettyChannelBuilder builder =
        settings
            .apply(NettyChannelBuilder.forTarget(target, credentials()))
            .channelType(NioSocketChannel.class, InetSocketAddress.class);
    if (serverName != null) {
      builder.overrideAuthority(serverName);
    }
    builder.eventLoopGroup(EventLoops.take());
    try {
      return new Link(builder.build(), EventLoops::giveBack);
    } catch (RuntimeException e) {
      EventLoops.giveBack();
      throw e;
    }
  }

  private ChannelCredentials credentials() {
    if (!tls) {
      return InsecureChannelCredentials.create();
    }
    TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
    try {
      if (trust != null) {
        builder.trustManager(new ByteArrayInputStream(trust));
      }
      if (certificate != null && key != null) {
        builder.keyManager(new ByteArrayInputStream(certificate), new ByteArrayInputStream(key));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return builder.build();
  }

  /** Whether nothing says who calls: there is neither a token nor a client certificate. */
  public boolean isAnonymous() {
    return token == null && certificate == null;
  }

  /** What all calls go through. */
  ClientInterceptor[] interceptors() {
    return token == null
        ? new ClientInterceptor[0]
        : new ClientInterceptor[] {new TokenInterceptor(token)};
  }

  /** Never the token. */
  @Override
  public String toString() {
    return (tls ? "TLS" : "plaintext")
        + (certificate == null ? "" : ", a client certificate")
        + (token == null ? "" : ", a token");
  }

  /** Says what a client needs. */
  public static final class Builder {
    private boolean tls;
    private byte @Nullable [] trust;
    private byte @Nullable [] certificate;
    private byte @Nullable [] key;
    private @Nullable String serverName;
    private @Nullable Supplier<String> token;
    private boolean tokenInPlaintext;

    private Builder() {}

    /** TLS; unless told otherwise with the authorities that this machine trusts. */
    public Builder tls() {
      tls = true;
      return this;
    }

    /** TLS with the certificates of a file, PEM. */
    public Builder trust(Path pem) {
      return trust(read(pem));
    }

    /** TLS with certificates, PEM. */
    public Builder trust(byte[] pem) {
      trust = pem.clone();
      return tls();
    }

    /**
     * TLS with a certificate of the client's own, PEM.
     *
     * @param chain the certificate, and those that vouch for it
     * @param privateKey PKCS 8
     */
    public Builder clientCertificate(Path chain, Path privateKey) {
      certificate = read(chain);
      key = read(privateKey);
      return tls();
    }

    /** Whom the daemon's certificate names, when that is not what it is reached by. */
    public Builder serverName(String name) {
      serverName = name;
      return this;
    }

    /** The token of a tenant, asked for with each call. */
    public Builder token(Supplier<String> supplier) {
      token = supplier;
      return this;
    }

    /** The token of a tenant in a file, which is read again when it changes. */
    public Builder tokenFile(Path file) {
      return token(new TokenFile(file));
    }

    /** Sends the token even where others may read it. */
    public Builder allowTokenInPlaintext() {
      tokenInPlaintext = true;
      return this;
    }

    /** All of that. */
    public Credentials build() {
      return new Credentials(this);
    }

    private static byte[] read(Path file) {
      try {
        return Files.readAllBytes(file);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + file + ": " + e, e);
      }
    }
  }
}
