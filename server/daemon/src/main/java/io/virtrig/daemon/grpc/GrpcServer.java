package io.virtrig.daemon.grpc;

import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCredentials;
import io.grpc.ServerServiceDefinition;
import io.grpc.TlsServerCredentials;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.virtrig.daemon.config.Configuration;
import io.virtrig.daemon.execution.OperationExecutor;
import io.virtrig.daemon.metrics.RingMetrics;
import io.virtrig.daemon.metrics.WatchMetrics;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The daemon's gRPC server: its services, limits and shutdown. */
public final class GrpcServer {
  /** Clients may ask this often whether the connection lives. */
  private static final Duration KEEPALIVE_ALLOWED = Duration.ofSeconds(10);

  private static final int METADATA_BYTES = 16 << 10;
  private static final int CALLS_PER_CONNECTION = 1000;

  private final HealthStatusManager health = new HealthStatusManager();
  private final Server server;
  private final WatchMethod watches;
  private final Duration grace;
  private volatile boolean serving;

  private GrpcServer(
      ServerBuilder<?> builder,
      OperationExecutor executor,
      RingMetrics rings,
      WatchMethod watches,
      Duration grace) {
    this.watches = watches;
    this.grace = grace;
    // Handlers never block for longer than an operation takes: they run where the message arrives.
    builder.directExecutor();
    for (ServerServiceDefinition service : services(executor, rings, watches)) {
      builder.addService(service);
      health.setStatus(service.getServiceDescriptor().getName(), ServingStatus.SERVING);
    }
    builder.addService(DefectiveCalls.guard(health.getHealthService().bindService()));
    builder.addService(DefectiveCalls.guard(ProtoReflectionServiceV1.newInstance().bindService()));
    server = builder.build();
  }

  /** A server on the configured address; not started. */
  public static GrpcServer onNetwork(
      Configuration configuration,
      OperationExecutor executor,
      RingMetrics rings,
      WatchMetrics watches)
      throws IOException {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(configuration.listen(), credentials(configuration))
            .maxInboundMessageSize(configuration.maxMessageBytes())
            .maxInboundMetadataSize(METADATA_BYTES)
            .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION)
            .permitKeepAliveTime(KEEPALIVE_ALLOWED.toSeconds(), TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true);
    return new GrpcServer(
        builder,
        executor,
        rings,
        new WatchMethod(executor.hosts(), watches),
        configuration.shutdownGrace());
  }

  private static ServerCredentials credentials(Configuration configuration) throws IOException {
    Configuration.Tls tls = configuration.tls();
    return tls == null
        ? InsecureServerCredentials.create()
        : TlsServerCredentials.create(tls.certificateChain().toFile(), tls.privateKey().toFile());
  }

  private static List<ServerServiceDefinition> services(
      OperationExecutor executor, RingMetrics rings, WatchMethod watches) {
    List<ServerServiceDefinition> services = new ArrayList<>(new OperationServices(executor).all());
    services.add(new HostMethods(executor.hosts()).service());
    services.add(new TraceMethods(executor.hosts()).service());
    services.add(new RingMethod(executor, rings).service());
    services.add(watches.service());
    services.add(new ProgramMethods(executor).service());
    services.add(new EchoMethods().service());
    services.add(new ExecuteMethod(executor).service());
    services.add(VirtqueueMethods.service());
    services.add(new TranslationMethods(executor.hosts()).service());
    return services;
  }

  /** Starts to listen. */
  public void start() throws IOException {
    server.start();
    serving = true;
  }

  /** Whether it takes calls: it has been started and not been stopped. */
  public boolean serving() {
    return serving;
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    SocketAddress address = server.getListenSockets().getFirst();
    if (address instanceof InetSocketAddress inet) {
      return inet;
    }
    throw new IllegalStateException("not on a network: " + address);
  }

  /** Says NOT_SERVING, lets calls finish for the configured time, then ends them. */
  public void stop() throws InterruptedException {
    if (serving) {
      serving = false;
      health.enterTerminalState();
    }
    server.shutdown();
    watches.stop();
    if (!server.awaitTermination(grace.toMillis(), TimeUnit.MILLISECONDS)) {
      server.shutdownNow();
      server.awaitTermination();
    }
  }
}
