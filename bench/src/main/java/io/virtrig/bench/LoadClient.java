package io.virtrig.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.v1.EchoRequest;
import io.virtrig.v1.EchoServiceGrpc;
import io.virtrig.v1.EchoStreamRequest;
import io.virtrig.v1.HardwareServiceGrpc;
import io.virtrig.v1.KvmServiceGrpc;
import io.virtrig.v1.Operation;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.RingResponse;
import io.virtrig.v1.RingServiceGrpc;
import io.virtrig.v1.SubmissionEntry;
import io.virtrig.v1.VfioServiceGrpc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Loads a daemon with single calls and with a ring, each beside its floor: an echo over the same
 * connection with messages of the same sizes.
 *
 * <p>Arguments: the daemon's address, seconds of each measurement. Rates are closed loops with a
 * fixed number of calls on their way; latencies are an open loop, counted from when a call was due
 * and not from when it could be sent, so that a stall is not hidden by what it kept from being
 * sent.
 */
public final class LoadClient {
  private static final int CALLS_IN_FLIGHT = 100;
  private static final int RINGS = 2;
  private static final int BATCHES_IN_FLIGHT = 4;
  private static final int WARM_UP_SECONDS = 8;

  /** Share of the rate found in a closed loop that the open loop offers. */
  private static final double OPEN_LOOP_LOAD = 0.5;

  private final ManagedChannel channel;
  private final Duration duration;
  private final LongAdder done = new LongAdder();
  private volatile boolean running;

  private LoadClient(ManagedChannel channel, Duration duration) {
    this.channel = channel;
    this.duration = duration;
  }

  /** Prints the table. */
  public static void main(String[] arguments) throws Exception {
    ManagedChannel channel =
        Grpc.newChannelBuilder(arguments[0], InsecureChannelCredentials.create())
            .directExecutor()
            .build();
    LoadClient load = new LoadClient(channel, Duration.ofSeconds(Integer.parseInt(arguments[1])));
    try (VirtrigClient client = VirtrigClient.over(channel, Duration.ofSeconds(30))) {
      load.run(client);
    }
  }

  private void run(VirtrigClient client) throws Exception {
    List<Unary> calls = new ArrayList<>();
    List<Unary> echoes = new ArrayList<>();
    for (int lane = 0; lane < CALLS_IN_FLIGHT; lane++) {
      VirtrigHost host = client.createHost(OperationMix.SPEC);
      List<Operation> mix = new OperationMix(host).operations();
      calls.add(
          new Unary(
              mix.stream().<Call<?, ?>>map(operation -> typed(operation, host.id())).toList()));
      echoes.add(
          new Unary(
              mix.stream().<Call<?, ?>>map(operation -> echo(operation, host.id())).toList()));
    }
    List<Streamed<?, ?>> rings = new ArrayList<>();
    List<Streamed<?, ?>> echoStreams = new ArrayList<>();
    for (int lane = 0; lane < RINGS; lane++) {
      VirtrigHost host = client.createHost(OperationMix.SPEC);
      RingRequest batch = batch(host, new OperationMix(host).operations());
      rings.add(
          new Streamed<>(
              RingServiceGrpc.getRingMethod(), batch, batch.getEntriesCount(), LoadClient::check));
      echoStreams.add(
          new Streamed<>(
              EchoServiceGrpc.getEchoStreamMethod(),
              EchoStreamRequest.newBuilder()
                  .setPayload(ByteString.copyFrom(new byte[batch.getSerializedSize()]))
                  .setAnswerBytes(batch.getEntriesCount() * 6)
                  .build(),
              batch.getEntriesCount(),
              answer -> {}));
    }
    System.out.println("| | operations a second | of its floor |");
    System.out.println("| --- | --- | --- |");
    measure(echoes);
    double[] floor = new double[2];
    double[] unary = new double[2];
    for (int round = 0; round < 2; round++) {
      floor[round] = measure(echoes);
      unary[round] = measure(calls);
    }
    print("unary echo, the floor of the next", best(floor), Double.NaN);
    print("unary", best(unary), best(unary) / best(floor));
    measure(echoStreams);
    measure(rings);
    double[] streamFloor = new double[2];
    double[] ring = new double[2];
    for (int round = 0; round < 2; round++) {
      streamFloor[round] = measure(echoStreams);
      ring[round] = measure(rings);
    }
    print("echo stream, messages as large as batches", best(streamFloor), Double.NaN);
    print("ring, batches of 64", best(ring), best(ring) / best(streamFloor));
    System.out.printf(Locale.ROOT, "%nring / unary: %.1f%n%n", best(ring) / best(unary));
    System.out.println("| open loop | offered a second | p50 | p99 | p99.9 |");
    System.out.println("| --- | --- | --- | --- | --- |");
    print("unary echo", best(floor) * OPEN_LOOP_LOAD, echoes.getFirst());
    print("unary", best(floor) * OPEN_LOOP_LOAD, calls.getFirst());
  }

  private static double best(double[] rates) {
    return Math.max(rates[0], rates[1]);
  }

  private static void print(String what, double rate, double ratio) {
    System.out.printf(
        Locale.ROOT,
        "| %s | %,.0f | %s |%n",
        what,
        rate,
        Double.isNaN(ratio) ? "" : String.format(Locale.ROOT, "%.2f", ratio));
  }

  /** Operations a second with every lane going on as soon as it is answered. */
  private double measure(List<? extends Lane> lanes) throws InterruptedException {
    running = true;
    CountDownLatch ended = new CountDownLatch(lanes.size());
    lanes.forEach(lane -> lane.start(ended));
    TimeUnit.SECONDS.sleep(WARM_UP_SECONDS);
    done.reset();
    long start = System.nanoTime();
    Thread.sleep(duration);
    double rate = done.sum() * 1e9 / (System.nanoTime() - start);
    running = false;
    ended.await();
    return rate;
  }

  /** Latencies when calls are due at a fixed rate, whatever becomes of those before. */
  private void print(String what, double rate, Unary lane) throws InterruptedException {
    Histogram latencies = new ConcurrentHistogram(TimeUnit.SECONDS.toNanos(60), 3);
    long interval = (long) (1e9 / rate);
    long calls = duration.toNanos() / interval;
    CountDownLatch answered = new CountDownLatch((int) calls);
    long begin = System.nanoTime();
    for (long i = 0; i < calls; i++) {
      long due = begin + i * interval;
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      lane.callOnce(
          () -> {
            latencies.recordValue(System.nanoTime() - due);
            answered.countDown();
          });
    }
    answered.await();
    System.out.printf(
        Locale.ROOT,
        "| %s | %,.0f | %,d µs | %,d µs | %,d µs |%n",
        what,
        rate,
        latencies.getValueAtPercentile(50) / 1000,
        latencies.getValueAtPercentile(99) / 1000,
        latencies.getValueAtPercentile(99.9) / 1000);
  }

  private static RingRequest batch(VirtrigHost host, List<Operation> operations) {
    RingRequest.Builder batch = RingRequest.newBuilder().setHost(host.id());
    for (int i = 0; i < operations.size(); i++) {
      batch.addEntries(SubmissionEntry.newBuilder().setUserData(i).setOperation(operations.get(i)));
    }
    return batch.build();
  }

  private static void check(RingResponse answer) {
    for (int i = 0; i < answer.getCompletionsCount(); i++) {
      var result = answer.getCompletions(i).getResult();
      if (result.hasErrno() || result.hasRefusal()) {
        throw new IllegalStateException(result.toString());
      }
    }
  }

  /** A call of a method with a request. */
  private record Call<Q, A>(MethodDescriptor<Q, A> method, Q request) {}

  private static Call<?, ?> typed(Operation operation, String host) {
    return switch (operation.getOpCase()) {
      case VFIO_IOMMU_MAP_DMA ->
          new Call<>(
              VfioServiceGrpc.getVfioIommuMapDmaMethod(),
              operation.getVfioIommuMapDma().toBuilder().setHost(host).build());
      case VFIO_IOMMU_UNMAP_DMA ->
          new Call<>(
              VfioServiceGrpc.getVfioIommuUnmapDmaMethod(),
              operation.getVfioIommuUnmapDma().toBuilder().setHost(host).build());
      case KVM_SET_USER_MEMORY_REGION ->
          new Call<>(
              KvmServiceGrpc.getKvmSetUserMemoryRegionMethod(),
              operation.getKvmSetUserMemoryRegion().toBuilder().setHost(host).build());
      case KVM_IRQ_LINE ->
          new Call<>(
              KvmServiceGrpc.getKvmIrqLineMethod(),
              operation.getKvmIrqLine().toBuilder().setHost(host).build());
      case HW_RAISE_IRQ ->
          new Call<>(
              HardwareServiceGrpc.getHwRaiseIrqMethod(),
              operation.getHwRaiseIrq().toBuilder().setHost(host).build());
      default -> throw new IllegalArgumentException(operation.toString());
    };
  }

  private static Call<?, ?> echo(Operation operation, String host) {
    int size = ((MessageLite) typed(operation, host).request()).getSerializedSize();
    return new Call<>(
        EchoServiceGrpc.getEchoMethod(),
        EchoRequest.newBuilder().setPayload(ByteString.copyFrom(new byte[size])).build());
  }

  /** Something that goes on until it is told to stop. */
  private interface Lane {
    void start(CountDownLatch ended);
  }

  /** Single calls, one after another. */
  private final class Unary implements Lane {
    private final List<Call<?, ?>> calls;
    private int next;

    Unary(List<Call<?, ?>> calls) {
      this.calls = calls;
    }

    @Override
    public void start(CountDownLatch ended) {
      // Whole rounds only: they leave the host as it was.
      if (!running && next == 0) {
        ended.countDown();
        return;
      }
      callOnce(
          () -> {
            done.increment();
            start(ended);
          });
    }

    void callOnce(Runnable then) {
      Call<?, ?> call = calls.get(next);
      next = (next + 1) % calls.size();
      call(call, then);
    }

    private <Q, A> void call(Call<Q, A> description, Runnable then) {
      ClientCall<Q, A> call = channel.newCall(description.method(), CallOptions.DEFAULT);
      call.start(
          new ClientCall.Listener<>() {
            @Override
            public void onClose(Status status, Metadata trailers) {
              if (!status.isOk()) {
                status.asRuntimeException().printStackTrace();
                System.exit(1);
              }
              then.run();
            }
          },
          new Metadata());
      call.request(2);
      call.sendMessage(description.request());
      call.halfClose();
    }
  }

  /** A stream with a fixed number of messages on their way. */
  private final class Streamed<Q, A> implements Lane {
    private final MethodDescriptor<Q, A> method;
    private final Q message;
    private final int operations;
    private final Consumer<A> check;

    Streamed(MethodDescriptor<Q, A> method, Q message, int operations, Consumer<A> check) {
      this.method = method;
      this.message = message;
      this.operations = operations;
      this.check = check;
    }

    @Override
    public void start(CountDownLatch ended) {
      ClientCall<Q, A> call = channel.newCall(method, CallOptions.DEFAULT);
      call.start(
          new ClientCall.Listener<>() {
            private boolean halfClosed;

            @Override
            public void onMessage(A answer) {
              check.accept(answer);
              done.add(operations);
              call.request(1);
              if (running) {
                call.sendMessage(message);
              } else if (!halfClosed) {
                halfClosed = true;
                call.halfClose();
              }
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
              if (!status.isOk()) {
                status.asRuntimeException().printStackTrace();
                System.exit(1);
              }
              ended.countDown();
            }
          },
          new Metadata());
      call.request(BATCHES_IN_FLIGHT);
      for (int i = 0; i < BATCHES_IN_FLIGHT; i++) {
        call.sendMessage(message);
      }
    }
  }
}
