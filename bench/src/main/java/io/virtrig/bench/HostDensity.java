package io.virtrig.bench;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.DeleteHostRequest;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.KvmCheckExtensionRequest;
import io.virtrig.v1.KvmServiceGrpc;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.ProcessServiceGrpc;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.HdrHistogram.Histogram;

/**
 * Fills a daemon with hosts: how fast they come and go over gRPC, what each costs in heap, and
 * whether an operation notices how many there are.
 *
 * <p>Arguments: the daemon's address, its process number, how many idle hosts, how many typical
 * ones. Heap is what a class histogram of live objects adds up to, before and after.
 */
public final class HostDensity {
  private static final int IN_FLIGHT = 64;
  private static final int FEW = 10;
  private static final int PAIRS = 20_000;
  private static final int ROUNDS = 5;
  private static final int PROBES = 60_000;
  private static final int WARM_UP = 20_000;

  private final ManagedChannel channel;
  private final VirtrigClient client;
  private final long pid;

  private HostDensity(ManagedChannel channel, VirtrigClient client, long pid) {
    this.channel = channel;
    this.client = client;
    this.pid = pid;
  }

  /** Prints the table. */
  public static void main(String[] arguments) throws Exception {
    ManagedChannel channel =
        Grpc.newChannelBuilder(arguments[0], InsecureChannelCredentials.create())
            .directExecutor()
            .build();
    try (VirtrigClient client = VirtrigClient.over(channel, VirtrigClient.DEFAULT_DEADLINE)) {
      new HostDensity(channel, client, Long.parseLong(arguments[1]))
          .run(Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]));
    }
  }

  private void run(int idle, int typical) throws Exception {
    all(PAIRS, i -> create("warm-up-" + i));
    all(PAIRS, i -> delete("warm-up-" + i));
    double pairs = 0;
    for (int round = 0; round < ROUNDS; round++) {
      pairs = Math.max(pairs, pairs());
    }
    all(FEW, i -> create("idle-" + i));
    all(FEW, i -> call("idle-" + i));
    probe(FEW, WARM_UP);
    Histogram few = probe(FEW, PROBES);
    long before = DaemonHeap.live(pid);
    long start = System.nanoTime();
    all(idle - FEW, i -> create("idle-" + (FEW + i)));
    double created = (idle - FEW) * 1e9 / (System.nanoTime() - start);
    long heap = (DaemonHeap.live(pid) - before) / (idle - FEW);
    all(idle - FEW, i -> call("idle-" + (FEW + i)));
    Histogram many = probe(idle, PROBES);
    long typicalHeap = typical(typical);
    System.out.println("| | |");
    System.out.println("| --- | --- |");
    row(count(idle) + " idle hosts: heap of each", count(heap) + " bytes");
    row(
        count(typical) + " typical hosts (VT-d, four devices, a VM, 1 GiB mapped): heap of each",
        count(typicalHeap) + " bytes");
    row("hosts created a second while filling up to " + count(idle), count((long) created));
    row(
        "hosts created and deleted again, pairs a second, " + IN_FLIGHT + " on their way",
        count((long) pairs));
    row("an operation with " + FEW + " hosts, p50 and p99", latencies(few));
    row("an operation with " + count(idle) + " hosts, p50 and p99", latencies(many));
  }

  private static void row(String what, String figures) {
    System.out.println("| " + what + " | " + figures + " |");
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String latencies(Histogram histogram) {
    return histogram.getValueAtPercentile(50) / 1000
        + " and "
        + histogram.getValueAtPercentile(99) / 1000
        + " µs";
  }

  private static Call<?, ?> create(String id) {
    return new Call<>(
        HostServiceGrpc.getCreateHostMethod(),
        CreateHostRequest.newBuilder().setHostId(id).build());
  }

  private static Call<?, ?> delete(String id) {
    return new Call<>(
        HostServiceGrpc.getDeleteHostMethod(), DeleteHostRequest.newBuilder().setName(id).build());
  }

  /** Opens /dev/kvm, which gets fd 3. */
  private static Call<?, ?> call(String id) {
    return new Call<>(
        ProcessServiceGrpc.getOpenMethod(),
        OpenRequest.newBuilder().setHost(id).setPath("/dev/kvm").build());
  }

  /** Makes the calls, a fixed number on their way. */
  private void all(int count, IntFunction<Call<?, ?>> calls) throws InterruptedException {
    Semaphore room = new Semaphore(IN_FLIGHT);
    for (int i = 0; i < count; i++) {
      room.acquire();
      calls.apply(i).make(channel, room::release);
    }
    room.acquire(IN_FLIGHT);
  }

  private double pairs() throws InterruptedException {
    Semaphore room = new Semaphore(IN_FLIGHT);
    long start = System.nanoTime();
    for (int i = 0; i < PAIRS; i++) {
      String id = "pair-" + i;
      room.acquire();
      create(id).make(channel, () -> delete(id).make(channel, room::release));
    }
    room.acquire(IN_FLIGHT);
    return PAIRS * 1e9 / (System.nanoTime() - start);
  }

  /** Latencies of single calls, one after another, each to a host at random. */
  private Histogram probe(int hosts, int count) throws InterruptedException {
    List<Call<?, ?>> calls = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 10_000; i++) {
      calls.add(
          new Call<>(
              KvmServiceGrpc.getKvmCheckExtensionMethod(),
              KvmCheckExtensionRequest.newBuilder()
                  .setHost("idle-" + random.nextInt(hosts))
                  .setTargetFd(3)
                  .build()));
    }
    Histogram latencies = new Histogram(TimeUnit.SECONDS.toNanos(10), 3);
    for (int i = 0; i < count; i++) {
      CountDownLatch answered = new CountDownLatch(1);
      long start = System.nanoTime();
      calls.get(i % calls.size()).make(channel, answered::countDown);
      answered.await();
      latencies.recordValue(System.nanoTime() - start);
    }
    return latencies;
  }

  private long typical(int count) throws Exception {
    long before = DaemonHeap.live(pid);
    for (int i = 0; i < count; i++) {
      VirtrigHost host = client.createHost("typical-" + i, TypicalHost.SPEC);
      TypicalHost.setUp(host::execute, 0);
    }
    return (DaemonHeap.live(pid) - before) / count;
  }
}
