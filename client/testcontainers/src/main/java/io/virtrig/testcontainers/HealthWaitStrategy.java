package io.virtrig.testcontainers;

import io.grpc.Channel;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.ListHostsRequest;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.testcontainers.containers.ContainerLaunchException;
import org.testcontainers.containers.wait.strategy.AbstractWaitStrategy;

/** Waits until the daemon answers a call. */
final class HealthWaitStrategy extends AbstractWaitStrategy {
  private final int port;

  /**
   * Waits for a daemon.
   *
   * @param port where gRPC is served inside the container
   */
  HealthWaitStrategy(int port) {
    this.port = port;
  }

  @Override
  protected void waitUntilReady() {
    String target = waitStrategyTarget.getHost() + ":" + waitStrategyTarget.getMappedPort(port);
    ManagedChannel channel =
        Grpc.newChannelBuilder(target, InsecureChannelCredentials.create()).build();
    try {
      await(channel, startupTimeout);
    } catch (StatusRuntimeException e) {
      throw new ContainerLaunchException(
          "the daemon did not answer within " + startupTimeout.toSeconds() + " seconds", e);
    } finally {
      channel.shutdownNow();
    }
  }

  /**
   * Waits until a daemon answers.
   *
   * @throws StatusRuntimeException when it does not
   */
  static void await(Channel channel, Duration timeout) {
    var unused =
        HostServiceGrpc.newBlockingStub(channel)
            .withWaitForReady()
            .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS)
            .listHosts(ListHostsRequest.newBuilder().setPageSize(1).build());
  }
}
