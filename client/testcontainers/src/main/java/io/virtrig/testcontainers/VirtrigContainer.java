package io.virtrig.testcontainers;

import io.virtrig.client.Credentials;
import io.virtrig.client.VirtrigClient;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.testcontainers.containers.BindMode;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A daemon in a container.
 *
 * <pre>{@code
 * @Container static final VirtrigContainer virtrig = new VirtrigContainer();
 * ...
 * try (VirtrigClient client = virtrig.client()) { ... }
 * }</pre>
 *
 * <p>It runs as the image means it to: without capabilities, with a file system that nobody writes.
 */
public final class VirtrigContainer extends GenericContainer<VirtrigContainer> {

  /** The image of a container that names none. */
  public static final String DEFAULT_IMAGE = "virtrig:latest";

  private static final DockerImageName COMPATIBLE = DockerImageName.parse("virtrig");
  private static final int GRPC = 7473;
  private static final int METRICS = 9464;
  private static final String CERTIFICATE = "/run/virtrig/tls.crt";
  private static final String KEY = "/run/virtrig/tls.key";
  private static final String TENANTS = "/run/virtrig/tenants.yaml";

  private @Nullable Path trust;
  private @Nullable String tenantToken;

  /** A container of {@value #DEFAULT_IMAGE}. */
  public VirtrigContainer() {
    this(DEFAULT_IMAGE);
  }

  /** A container of an image. */
  public VirtrigContainer(String image) {
    this(DockerImageName.parse(image).asCompatibleSubstituteFor(COMPATIBLE));
  }

  /** A container of an image. */
  public VirtrigContainer(DockerImageName image) {
    super(image);
    image.assertCompatibleWith(COMPATIBLE);
    withExposedPorts(GRPC, METRICS);
    withTmpFs(Map.of("/tmp", "rw"));
    withCreateContainerCmdModifier(
        command ->
            command
                .getHostConfig()
                .withReadonlyRootfs(true)
                .withCapDrop(com.github.dockerjava.api.model.Capability.ALL));
    waitingFor(new HealthWaitStrategy(GRPC, this::credentials));
  }

  /**
   * A setting of the daemon.
   *
   * @param name as a flag has it, without its dashes: {@code max-hosts}
   */
  public VirtrigContainer withSetting(String name, String value) {
    return withEnv(DaemonTarget.environmentName(name), value);
  }

  /**
   * The daemon speaks TLS, and its clients trust the certificate.
   *
   * @param certificate the chain, PEM; it names {@code localhost}, or whatever the containers' host
   *     is called
   * @param key PKCS 8, PEM; the daemon's user must be able to read it
   */
  public VirtrigContainer withTls(Path certificate, Path key) {
    trust = certificate;
    return withFileSystemBind(certificate.toString(), CERTIFICATE, BindMode.READ_ONLY)
        .withFileSystemBind(key.toString(), KEY, BindMode.READ_ONLY)
        .withSetting("tls-cert", CERTIFICATE)
        .withSetting("tls-key", KEY);
  }

  /** The daemon has the tenants of a file. */
  public VirtrigContainer withTenants(Path file) {
    return withFileSystemBind(file.toString(), TENANTS, BindMode.READ_ONLY)
        .withSetting("tenants", TENANTS);
  }

  /** Clients of the daemon are the tenant of a token. */
  public VirtrigContainer withTenantToken(String token) {
    tenantToken = token;
    return this;
  }

  /** What clients of the daemon show it. */
  public Credentials credentials() {
    Credentials.Builder credentials = Credentials.builder();
    if (trust != null) {
      credentials.trust(trust);
    }
    if (tenantToken != null) {
      String token = tenantToken;
      // A container is on this machine, or on one that Docker is told of.
      credentials.token(() -> token).allowTokenInPlaintext();
    }
    return credentials.build();
  }

  /** Where the daemon answers. */
  public String target() {
    return getHost() + ":" + getMappedPort(GRPC);
  }

  /** Where its metrics are, and its page for people: {@code http://HOST:PORT}. */
  public String metricsUrl() {
    return "http://" + getHost() + ":" + getMappedPort(METRICS);
  }

  /** A connection to the daemon; the caller closes it. */
  public VirtrigClient client() {
    return VirtrigClient.connect(target(), credentials());
  }
}
