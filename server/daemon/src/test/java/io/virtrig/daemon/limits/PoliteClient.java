package io.virtrig.daemon.limits;

import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.Uninterruptibles;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.DeleteHostRequest;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.ProcessServiceGrpc;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Somebody who makes hosts, uses and deletes them all the while. */
final class PoliteClient implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 20;

  private final ManagedChannel channel;
  private final Thread thread;
  private final AtomicLong rounds = new AtomicLong();
  private volatile @Nullable RuntimeException failure;
  private volatile boolean over;

  PoliteClient(InetSocketAddress server) {
    channel = NettyChannelBuilder.forAddress(server).usePlaintext().build();
    thread = Thread.ofPlatform().name("polite").start(this::work);
  }

  private void work() {
    try {
      while (!over) {
        round("polite-" + rounds.get());
        rounds.incrementAndGet();
      }
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  private void round(String host) {
    HostServiceGrpc.HostServiceBlockingStub hosts =
        HostServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS);
    var _ = hosts.createHost(CreateHostRequest.newBuilder().setHostId(host).build());
    var _ =
        ProcessServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS)
            .open(OpenRequest.newBuilder().setHost(host).setPath("/dev/kvm").build());
    var _ = hosts.deleteHost(DeleteHostRequest.newBuilder().setName(host).build());
  }

  /** Waits until it has been served once more than it is being served now. */
  void isServed() {
    long before = rounds.get();
    await()
        .atMost(Duration.ofSeconds(3L * PATIENCE_SECONDS))
        .until(
            () -> {
              RuntimeException failed = failure;
              if (failed != null) {
                throw new AssertionError("a polite client was not served", failed);
              }
              return rounds.get() > before + 1;
            });
  }

  ManagedChannel channel() {
    return channel;
  }

  @Override
  public void close() {
    over = true;
    Uninterruptibles.joinUninterruptibly(thread);
    channel.shutdownNow();
  }
}
