package io.virtrig.daemon.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.virtrig.daemon.Daemon;
import io.virtrig.daemon.config.Configuration;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.OperationServiceGrpc;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A daemon on a free port of the loopback interface, and a channel to it. */
public final class ServedDaemon implements AutoCloseable {
  private static final int MOST_HOSTS = 5000;
  private static final int DEADLINE_SECONDS = 30;

  private final Daemon daemon;
  private final ManagedChannel channel;

  /** Starts it for everybody. */
  public ServedDaemon() throws IOException {
    this(Configuration.Access.OPEN);
  }

  /** Starts it. */
  public ServedDaemon(Configuration.Access access) throws IOException {
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    daemon =
        Daemon.start(
            new Configuration(
                    anyPort,
                    anyPort,
                    null,
                    MOST_HOSTS,
                    4 << 20,
                    Duration.ofSeconds(1),
                    List.of(),
                    false)
                .with(access));
    channel =
        NettyChannelBuilder.forAddress(daemon.grpcAddress())
            .usePlaintext()
            .maxInboundMessageSize(64 << 20)
            .build();
  }

  /** The daemon. */
  public Daemon daemon() {
    return daemon;
  }

  /** The channel. */
  public Channel channel() {
    return channel;
  }

  /** The channel, whose calls show a token. */
  public Channel channel(String token) {
    Metadata headers = new Metadata();
    headers.put(BearerTokens.AUTHORIZATION, "Bearer " + token);
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  HostServiceGrpc.HostServiceBlockingStub hosts() {
    return HostServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
  }

  OperationServiceGrpc.OperationServiceBlockingStub operations() {
    return OperationServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
  }

  /** Calls a unary method with bytes, whatever they are. */
  byte[] call(String fullMethodName, byte[] request) {
    MethodDescriptor<byte[], byte[]> method =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(fullMethodName)
            .setRequestMarshaller(new Bytes())
            .setResponseMarshaller(new Bytes())
            .build();
    return ClientCalls.blockingUnaryCall(
        channel,
        method,
        CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS),
        request);
  }

  /** Messages as they lie on the wire. */
  static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
    daemon.close();
  }
}
