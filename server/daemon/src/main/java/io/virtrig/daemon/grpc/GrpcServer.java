package io.virtrig.daemon.grpc;

import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.virtrig.daemon.audit.Audit;
import io.virtrig.daemon.config.Configuration;
import io.virtrig.daemon.config.ConnectionLimits;
import io.virtrig.daemon.execution.OperationExecutor;
import io.virtrig.daemon.hosts.Leases;
import io.virtrig.daemon.limits.CallLimits;
import io.virtrig.daemon.limits.Connections;
import io.virtrig.daemon.limits.LimitMetrics;
import io.virtrig.daemon.limits.MemoryPressure;
import io.virtrig.daemon.limits.Transfers;
import io.virtrig.daemon.metrics.RingMetrics;
import io.virtrig.daemon.metrics.WatchMetrics;
import io.virtrig.daemon.tenancy.Tenants;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The daemon's gRPC server: its services, limits and shutdown. */
public final class GrpcServer {
  /** Clients may ask this often whether the connection lives. */
  private static final Duration KEEPALIVE_ALLOWED = Duration.ofSeconds(10);

  /** The daemon asks silent clients, so that those who are gone do not stay. */
  private static final Duration KEEPALIVE = Duration.ofMinutes(5);

  private static final Duration KEEPALIVE_TIMEOUT = Duration.ofSeconds(20);

  static final int METADATA_BYTES = 16 << 10;
  static final int CALLS_PER_CONNECTION = 1000;

  /** Twice what a client can reset that ends all its calls at once. */
  static final int RESETS = 2 * CALLS_PER_CONNECTION;

  static final Duration RESETS_WINDOW = Duration.ofSeconds(10);

  /** For when a limit keeps somebody out: when to try again. */
  private static final Duration TRY_AGAIN = Duration.ofSeconds(1);

  private static final int BACKLOG = 1024;

  /**
   * What a stream may send before it is read: all that a ring whose client does not read its
   * answers can leave here, and so fixed, where the transport would let it grow with what is sent.
   */
  private static final int WINDOW = 256 << 10;

  private final HealthStatusManager health = new HealthStatusManager();
  private final Server server;
  private final WatchMethod watches;

  /** Null when everybody is let in, always. */
  private final @Nullable Gate gate;

  /** Null when there is nobody to be fair to. */
  private final @Nullable TenantShares shares;

  /**
   * Event loops where tenants share the daemon. Connections of many share few loops else, and who
   * floods one holds up all that is read there; a loop that is seldom busy the system runs at once.
   */
  private static final int LOOPS_AMONG_TENANTS = 16 * Runtime.getRuntime().availableProcessors();

  private final Duration grace;
  private final EventLoopGroup acceptor;
  private final EventLoopGroup workers;
  private volatile boolean serving;

  private GrpcServer(
      NettyServerBuilder builder,
      Connections connections,
      List<ServerServiceDefinition> services,
      WatchMethod watches,
      @Nullable Gate gate,
      @Nullable TenantShares shares,
      Duration grace) {
    this.watches = watches;
    this.gate = gate;
    this.shares = shares;
    this.grace = grace;
    acceptor = threads("grpc-acceptor", 1);
    workers = threads("grpc-worker", shares == null ? 0 : LOOPS_AMONG_TENANTS);
    builder
        .bossEventLoopGroup(acceptor)
        .workerEventLoopGroup(workers)
        .channelFactory(() -> listening(connections));
    // Handlers never block for longer than an operation takes: they run where the message arrives.
    builder.directExecutor();
    if (shares != null) {
      builder.addStreamTracerFactory(new BearerTokens()).callExecutor(shares);
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

  /**
   * Who is let in.
   *
   * @param refused is told of those who are not
   * @param audit is told of what those do who are
   * @param limits counts what was too much
   */
  public record Admission(
      Tenants tenants,
      GateListener refused,
      Audit audit,
      Connections connections,
      LimitMetrics limits) {}

  /** What services work with. */
  public record Backing(
      OperationExecutor executor, Leases leases, RingMetrics rings, WatchMetrics watches) {}

  /**
   * A server on the configured address; not started.
   *
   * @param tls null for plaintext
   */
  public static GrpcServer onNetwork(
      Configuration configuration, @Nullable TlsFiles tls, Admission admission, Backing backing) {
    Tenants tenants = admission.tenants();
    boolean open = configuration.access().isOpen();
    Callers callers = open ? Callers.all(tenants) : Callers.gated(admission.audit());
    WatchMethod watches = new WatchMethod(callers, backing.watches());
    ConnectionLimits limits = configuration.limits();
    MemoryPressure memory = backing.executor().memory();
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(
                configuration.listen(),
                tls == null ? InsecureServerCredentials.create() : tls.credentials())
            .flowControlWindow(WINDOW)
            .maxInboundMessageSize(configuration.maxMessageBytes())
            .maxInboundMetadataSize(METADATA_BYTES)
            .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION)
            .maxRstFramesPerWindow(RESETS, (int) RESETS_WINDOW.toSeconds())
            .keepAliveTime(KEEPALIVE.toSeconds(), TimeUnit.SECONDS)
            .keepAliveTimeout(KEEPALIVE_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
            .permitKeepAliveTime(KEEPALIVE_ALLOWED.toSeconds(), TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .withOption(ChannelOption.SO_BACKLOG, BACKLOG)
            .handshakeTimeout(limits.handshake().toMillis(), TimeUnit.MILLISECONDS)
            .addTransportFilter(admission.connections().filter())
            .addStreamTracerFactory(new Transfers())
            .intercept(new CallLimits(limits, admission.limits(), memory, GrpcServer::exhausted));
    if (!limits.idle().isZero()) {
      builder.maxConnectionIdle(limits.idle().toMillis(), TimeUnit.MILLISECONDS);
    }
    if (!limits.age().isZero()) {
      builder
          .maxConnectionAge(limits.age().toMillis(), TimeUnit.MILLISECONDS)
          .maxConnectionAgeGrace(limits.ageGrace().toMillis(), TimeUnit.MILLISECONDS);
    }
    return new GrpcServer(
        builder,
        admission.connections(),
        services(backing, watches, callers),
        watches,
        open ? null : new Gate(tenants, admission.refused()),
        tenants.named() ? new TenantShares(tenants) : null,
        configuration.shutdownGrace());
  }

  /** Loads what every server serves the most of; without it that happens as one is made. */
  public static void loadVocabulary() {
    var _ = OperationServices.SERVICES;
  }

  /** A socket whose connections pass the gate before anything is made for them. */
  private static ServerChannel listening(Connections connections) {
    ServerChannel channel = new NioServerSocketChannel();
    channel.pipeline().addLast(connections.gate());
    return channel;
  }

  /**
   * Event loops.
   *
   * @param count how many; 0 for as many as suit the machine
   */
  private static EventLoopGroup threads(String name, int count) {
    return new MultiThreadIoEventLoopGroup(
        count, new DefaultThreadFactory(name, true), NioIoHandler.newFactory());
  }

  private static void exhausted(ServerCall<?, ?> call, String reason) {
    Statuses.close(call, Statuses.exhausted(reason, TRY_AGAIN));
  }

  private static List<ServerServiceDefinition> services(
      Backing backing, WatchMethod watches, Callers callers) {
    OperationExecutor executor = backing.executor();
    List<ServerServiceDefinition> services =
        new ArrayList<>(new OperationServices(executor, callers).all());
    services.add(new HostMethods(callers, executor.memory(), backing.leases()).service());
    services.add(TraceMethods.service(callers));
    services.add(new RingMethod(executor, backing.rings(), callers).service());
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
    try {
      server.start();
    } catch (IOException e) {
      endThreads();
      throw e;
    }
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
    endThreads();
  }

  private void endThreads() {
    if (shares != null) {
      shares.close();
    }
    var _ = acceptor.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    var _ = workers.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
