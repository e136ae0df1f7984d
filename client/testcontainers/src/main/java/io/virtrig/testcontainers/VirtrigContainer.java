package io.virtrig.testcontainers;

import io.virtrig.client.VirtrigClient;
import java.util.Map;
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
    waitingFor(new HealthWaitStrategy(GRPC));
  }

  /**
   * A setting of the daemon.
   *
   * @param name as a flag has it, without its dashes: {@code max-hosts}
   */
  public VirtrigContainer withSetting(String name, String value) {
    return withEnv(DaemonTarget.environmentName(name), value);
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
    return VirtrigClient.connect(target());
  }
}
