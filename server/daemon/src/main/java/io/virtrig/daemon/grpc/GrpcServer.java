package io.virtrig.daemon.grpc;

import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.TlsServerCredentials;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.virtrig.daemon.audit.Audit;
import io.virtrig.daemon.config.Configuration;
import io.virtrig.daemon.execution.OperationExecutor;
import io.virtrig.daemon.metrics.RingMetrics;
import io.virtrig.daemon.metrics.WatchMetrics;
import io.virtrig.daemon.tenancy.Tenants;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The daemon's gRPC server: its services, limits and shutdown. */
public final class GrpcServer {
  /** Clients may ask this often whether the connection lives. */
  private static final Duration KEEPALIVE_ALLOWED = Duration.ofSeconds(10);

  static final int METADATA_BYTES = 16 << 10;
  private static final int CALLS_PER_CONNECTION = 1000;

  private final HealthStatusManager health = new HealthStatusManager();
  private final Server server;
  private final WatchMethod watches;

  /** Null when everybody is let in, always. */
  private final @Nullable Gate gate;

  /** Null when there is nobody to be fair to. */
  private final @Nullable TenantShares shares;

  private final Duration grace;
  private volatile boolean serving;

  private GrpcServer(
      ServerBuilder<?> builder,
      List<ServerServiceDefinition> services,
      WatchMethod watches,
      @Nullable Gate gate,
      @Nullable TenantShares shares,
      Duration grace) {
    this.watches = watches;
    this.gate = gate;
    this.shares = shares;
    this.grace = grace;
    // Handlers never block for longer than an operation takes: they run where the message arrives.
    builder.directExecutor();
    if (shares != null) {
      builder.callExecutor(shares);
    }
    for (ServerServiceDefinition service : services) {
      builder.addService(gated(service));
      health.setStatus(service.getServiceDescriptor().getName(), ServingStatus.SERVING);
    }
    builder.addService(
        gated(DefectiveCalls.guard(ProtoReflectionServiceV1.newInstance().bindService())));
    // Whoever asks only how we are is not asked who it is.
    builder.addService(DefectiveCalls.guard(health.getHealthService().bindService()));
    server = builder.build();
  }

  private ServerServiceDefinition gated(ServerServiceDefinition service) {
    return gate == null ? service : ServerInterceptors.intercept(service, gate);
  }

  /** A server on the configured address; not started. */
  public static GrpcServer onNetwork(
      Configuration configuration,
      Tenants tenants,
      GateListener gateListener,
      Audit audit,
      OperationExecutor executor,
      RingMetrics rings,
      WatchMetrics watches)
      throws IOException {
    boolean open = configuration.access().equals(Configuration.Access.OPEN);
    Callers callers = open ? Callers.all(tenants) : Callers.gated(audit);
    WatchMethod watchMethod = new WatchMethod(callers, watches);
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(configuration.listen(), credentials(configuration))
            .maxInboundMessageSize(configuration.maxMessageBytes())
            .maxInboundMetadataSize(METADATA_BYTES)
            .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION)
            .permitKeepAliveTime(KEEPALIVE_ALLOWED.toSeconds(), TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true);
    return new GrpcServer(
        builder,
        services(executor, rings, watchMethod, callers),
        watchMethod,
        open ? null : new Gate(tenants, gateListener),
        tenants.named() ? new TenantShares(tenants) : null,
        configuration.shutdownGrace());
  }

  static ServerCredentials credentials(Configuration configuration) throws IOException {
    Configuration.Tls tls = configuration.tls();
    if (tls == null) {
      return InsecureServerCredentials.create();
    }
    TlsServerCredentials.Builder credentials =
        TlsServerCredentials.newBuilder()
            .keyManager(tls.certificateChain().toFile(), tls.privateKey().toFile());
    Path clientCa = configuration.access().clientCa();
    if (clientCa != null) {
      // Who has none may still have a token.
      credentials
          .trustManager(clientCa.toFile())
          .clientAuth(TlsServerCredentials.ClientAuth.OPTIONAL);
    }
    return credentials.build();
  }

  private static List<ServerServiceDefinition> services(
      OperationExecutor executor, RingMetrics rings, WatchMethod watches, Callers callers) {
    List<ServerServiceDefinition> services =
        new ArrayList<>(new OperationServices(executor, callers).all());
    services.add(new HostMethods(callers).service());
    services.add(TraceMethods.service(callers));
    services.add(new RingMethod(executor, rings, callers).service());
    services.add(watches.service());
    services.add(new ProgramMethods(executor, callers).service());
    services.add(EchoMethods.service(callers));
    services.add(new ExecuteMethod(executor, callers).service());
    services.add(VirtqueueMethods.service(callers));
    services.add(TranslationMethods.service(callers));
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

  /** Says NOT_SERVING and lets no more calls in, while those that are in go on. */
  public void drain() {
    if (gate == null) {
      throw new IllegalStateException("nobody can have asked for it");
    }
    gate.drain();
    serving = false;
    health.enterTerminalState();
  }

  /** The services it serves. */
  List<ServerServiceDefinition> services() {
    return server.getServices();
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
    if (shares != null) {
      shares.close();
    }
  }
}
