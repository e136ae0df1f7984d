package io.virtrig.testcontainers;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtrig.client.Credentials;
import io.virtrig.client.VirtrigClient;
import java.util.function.Supplier;
import org.testcontainers.containers.ContainerLaunchException;
import org.testcontainers.containers.wait.strategy.AbstractWaitStrategy;

/** Waits until the daemon answers a call. */
final class HealthWaitStrategy extends AbstractWaitStrategy {
  private final int port;
  private final Supplier<Credentials> credentials;

  /**
   * Waits for a daemon.
   *
   * @param port where gRPC is served inside the container
   * @param credentials what it is shown
   */
  HealthWaitStrategy(int port, Supplier<Credentials> credentials) {
    this.port = port;
    this.credentials = credentials;
  }

  @Override
  protected void waitUntilReady() {
    String target = waitStrategyTarget.getHost() + ":" + waitStrategyTarget.getMappedPort(port);
    try (VirtrigClient client = VirtrigClient.connect(target, credentials.get())) {
      client.awaitReady(startupTimeout);
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.UNAUTHENTICATED) {
        return; // It answers: whoever waits is none of its tenants.
      }
      throw new ContainerLaunchException(
          "the daemon did not answer within " + startupTimeout.toSeconds() + " seconds", e);
    }
  }
}
