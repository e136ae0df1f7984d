package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.ChannelzService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.virtrig.daemon.audit.Audit;
import io.virtrig.daemon.config.BadConfiguration;
import io.virtrig.daemon.tenancy.Caller;
import io.virtrig.daemon.tenancy.Identity;
import io.virtrig.daemon.tenancy.Shown;
import io.virtrig.daemon.tenancy.Tenants;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The server for administrators: an address of its own, where tenants' credentials mean nothing and
 * nothing of tenants is served. It never stops answering for a tenant's load.
 */
public final class AdminServer implements AutoCloseable {
  private static final int CHANNELZ_PAGE = 100;
  private static final int GRACE_SECONDS = 1;
  private static final String UNAUTHENTICATED = "the call shows no administrator's credentials";

  private final Server server;

  private AdminServer(Server server) {
    this.server = server;
  }

  /**
   * Starts it.
   *
   * @throws BadConfiguration when nobody could ever call it
   */
  public static AdminServer start(
      InetSocketAddress address,
      @Nullable TlsFiles tls,
      Tenants tenants,
      GateListener listener,
      Audit audit,
      GrpcServer drained)
      throws IOException {
    if (tenants.named() && !tenants.hasAdmins()) {
      throw new BadConfiguration("--admin: the tenants file names no administrator");
    }
    Callers callers = Callers.gated(audit);
    AdminGate gate = new AdminGate(tenants, listener);
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(
                address, tls == null ? InsecureServerCredentials.create() : tls.credentials())
            .directExecutor()
            .addStreamTracerFactory(new BearerTokens())
            .maxInboundMetadataSize(GrpcServer.METADATA_BYTES);
    List<ServerServiceDefinition> services =
        List.of(
            new AdminMethods(tenants, drained::drain).service(callers),
            DefectiveCalls.guard(ChannelzService.newInstance(CHANNELZ_PAGE).bindService()),
            DefectiveCalls.guard(ProtoReflectionServiceV1.newInstance().bindService()));
    services.forEach(service -> builder.addService(ServerInterceptors.intercept(service, gate)));
    return new AdminServer(builder.build().start());
  }

  /** Lets administrators in and nobody else. */
  private record AdminGate(Tenants tenants, GateListener listener) implements ServerInterceptor {

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      Shown shown = Gate.shown(call);
      Identity admin = tenants.admin(shown);
      if (admin == null) {
        listener.unauthenticated(shown.peer(), call.getMethodDescriptor().getFullMethodName());
        return Gate.refuse(call, Statuses.daemon(Code.UNAUTHENTICATED, UNAUTHENTICATED));
      }
      Caller caller = new Caller(tenants.administration(), admin, shown.peer());
      return Gate.start(caller, call, headers, next);
    }
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    if (server.getListenSockets().getFirst() instanceof InetSocketAddress inet) {
      return inet;
    }
    throw new IllegalStateException("not on a network");
  }

  @Override
  public void close() {
    server.shutdown();
    try {
      if (!server.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS)) {
        server.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
