package io.virtrig.bench;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.virtrig.client.VirtrigClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Loads a daemon with single calls and with rings, each beside its floor: an echo over the same
 * connections with messages of the same sizes.
 *
 * <p>Arguments: the daemon's address, seconds of each measurement; for who profiles the daemon also
 * {@code unary} or {@code ring}, the only load then. Rates are closed loops with a fixed number of
 * calls on their way, all of them warm, measured in turns; of each the median round counts.
 * Latencies are an open loop, counted from when a call was due and not from when it could be sent,
 * so that a stall is not hidden by what it kept from being sent. The last lines name the ratios
 * that {@code bench/check-ratios} compares.
 */
public final class LoadClient {
  private static final int CONNECTIONS = 2;
  private static final int CALLS_A_CONNECTION = 50;
  private static final int RINGS_A_CONNECTION = 1;
  private static final int ROUNDS = 5;
  private static final Duration WARM_UP = Duration.ofSeconds(10);
  private static final Duration SETTLING = Duration.ofSeconds(1);

  /** Share of the floor's rate that the open loop offers. */
  private static final double OPEN_LOOP_LOAD = 0.1;

  private final Duration duration;
  private final Load load = new Load();

  private LoadClient(Duration duration) {
    this.duration = duration;
  }

  /** Prints the tables and the ratios. */
  public static void main(String[] arguments) throws Exception {
    LoadClient client = new LoadClient(Duration.ofSeconds(Integer.parseInt(arguments[1])));
    List<ManagedChannel> channels = new ArrayList<>();
    List<Lanes> lanes = new ArrayList<>();
    for (int connection = 0; connection < CONNECTIONS; connection++) {
      ManagedChannel channel =
          Grpc.newChannelBuilder(arguments[0], InsecureChannelCredentials.create())
              .directExecutor()
              .build();
      channels.add(channel);
      VirtrigClient virtrig = VirtrigClient.over(channel, VirtrigClient.DEFAULT_DEADLINE);
      lanes.add(new Lanes(virtrig, channel, CALLS_A_CONNECTION, RINGS_A_CONNECTION));
    }
    if (arguments.length > 2) {
      client.only(arguments[2], lanes);
    } else {
      client.run(lanes);
    }
    channels.forEach(ManagedChannel::shutdownNow);
  }

  private void only(String kind, List<Lanes> lanes) throws InterruptedException {
    double rate =
        switch (kind) {
          case "unary" -> load.rate(all(lanes, Lanes::unary), WARM_UP, duration);
          case "ring" -> load.rate(all(lanes, Lanes::rings), WARM_UP, duration);
          default -> throw new IllegalArgumentException(kind);
        };
    row(kind, rate, "");
  }

  private void run(List<Lanes> lanes) throws InterruptedException {
    List<UnaryLane> echoes = all(lanes, Lanes::echoes);
    List<UnaryLane> unary = all(lanes, Lanes::unary);
    double[] rates =
        rates(List.of(echoes, unary, all(lanes, Lanes::echoStreams), all(lanes, Lanes::rings)));
    double unaryOfEcho = rates[1] / rates[0];
    double ringOfEchoStream = rates[3] / rates[2];
    System.out.println("| | operations a second | of its floor |");
    System.out.println("| --- | --- | --- |");
    row("unary echo", rates[0], "");
    row("unary", rates[1], ratio(unaryOfEcho));
    row("echo stream, messages as large as a batch and its answer", rates[2], "");
    row("ring, batches of 64", rates[3], ratio(ringOfEchoStream));
    System.out.println();
    System.out.println("| open loop | offered a second | p50 | p99 | p99.9 |");
    System.out.println("| --- | --- | --- | --- | --- |");
    latencies("unary echo", rates[0] * OPEN_LOOP_LOAD, echoes.getFirst());
    latencies("unary", rates[0] * OPEN_LOOP_LOAD, unary.getFirst());
    System.out.println();
    System.out.println("ratio unary-of-echo " + ratio(unaryOfEcho));
    System.out.println("ratio ring-of-unary " + ratio(rates[3] / rates[1]));
    System.out.println("ratio ring-of-echo-stream " + ratio(ringOfEchoStream));
  }

  private static <L> List<L> all(List<Lanes> lanes, Function<Lanes, List<L>> kind) {
    return lanes.stream().map(kind).flatMap(List::stream).toList();
  }

  /** Operations a second of each kind of load. */
  private double[] rates(List<List<? extends Lane>> kinds) throws InterruptedException {
    for (List<? extends Lane> kind : kinds) {
      var _ = load.rate(kind, Duration.ZERO, WARM_UP);
    }
    double[][] rounds = new double[kinds.size()][ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      for (int kind = 0; kind < kinds.size(); kind++) {
        rounds[kind][round] = load.rate(kinds.get(kind), SETTLING, duration);
      }
    }
    return Arrays.stream(rounds).mapToDouble(LoadClient::median).toArray();
  }

  private static double median(double[] rounds) {
    return Arrays.stream(rounds).sorted().toArray()[rounds.length / 2];
  }

  private static String ratio(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  private static void row(String what, double rate, String ratio) {
    System.out.printf(Locale.ROOT, "| %s | %,.0f | %s |%n", what, rate, ratio);
  }

  /** Latencies when calls are due at a fixed rate, whatever becomes of those before. */
  private void latencies(String what, double rate, UnaryLane lane) throws InterruptedException {
    Histogram latencies = new ConcurrentHistogram(TimeUnit.SECONDS.toNanos(60), 3);
    long interval = (long) (1e9 / rate);
    int calls = (int) (duration.toNanos() / interval);
    CountDownLatch answered = new CountDownLatch(calls);
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
}
