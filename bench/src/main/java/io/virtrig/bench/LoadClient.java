package io.virtrig.bench;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.virtrig.client.VirtrigClient;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Loads a daemon with single calls and with rings, each beside its floor: an echo over the same
 * connection with messages of the same sizes.
 *
 * <p>Arguments: the daemon's address, seconds of each measurement. Rates are closed loops with a
 * fixed number of calls on their way; latencies are an open loop, counted from when a call was due
 * and not from when it could be sent, so that a stall is not hidden by what it kept from being
 * sent. The last lines name the ratios that {@code bench/check-ratios} compares.
 */
public final class LoadClient {
  private static final int CALLS_IN_FLIGHT = 100;
  private static final int RINGS = 2;
  private static final int ROUNDS = 2;

  /** Share of the floor's rate that the open loop offers. */
  private static final double OPEN_LOOP_LOAD = 0.1;

  private final Duration duration;
  private final Load load = new Load();

  private LoadClient(Duration duration) {
    this.duration = duration;
  }

  /** Prints the tables and the ratios. */
  public static void main(String[] arguments) throws Exception {
    ManagedChannel channel =
        Grpc.newChannelBuilder(arguments[0], InsecureChannelCredentials.create())
            .directExecutor()
            .build();
    LoadClient client = new LoadClient(Duration.ofSeconds(Integer.parseInt(arguments[1])));
    try (VirtrigClient virtrig = VirtrigClient.over(channel, VirtrigClient.DEFAULT_DEADLINE)) {
      client.run(new Lanes(virtrig, channel, CALLS_IN_FLIGHT, RINGS));
    }
  }

  private void run(Lanes lanes) throws InterruptedException {
    Pair single = pair(lanes.echoes(), lanes.unary());
    Pair streamed = pair(lanes.echoStreams(), lanes.rings());
    System.out.println("| | operations a second | of its floor |");
    System.out.println("| --- | --- | --- |");
    row("unary echo", single.floor, "");
    row("unary", single.rate, ratio(single.rate / single.floor));
    row("echo stream, messages as large as a batch and its answer", streamed.floor, "");
    row("ring, batches of 64", streamed.rate, ratio(streamed.rate / streamed.floor));
    System.out.println();
    System.out.println("| open loop | offered a second | p50 | p99 | p99.9 |");
    System.out.println("| --- | --- | --- | --- | --- |");
    latencies("unary echo", single.floor * OPEN_LOOP_LOAD, lanes.echoes().getFirst());
    latencies("unary", single.floor * OPEN_LOOP_LOAD, lanes.unary().getFirst());
    System.out.println();
    System.out.println("ratio unary-of-echo " + ratio(single.rate / single.floor));
    System.out.println("ratio ring-of-unary " + ratio(streamed.rate / single.rate));
    System.out.println("ratio ring-of-echo-stream " + ratio(streamed.rate / streamed.floor));
  }

  /** The best rates of a floor and of what stands on it, measured in turns. */
  private record Pair(double floor, double rate) {}

  private Pair pair(List<? extends Lane> floors, List<? extends Lane> lanes)
      throws InterruptedException {
    double floor = 0;
    double rate = 0;
    for (int round = 0; round < ROUNDS; round++) {
      floor = Math.max(floor, load.rate(floors, duration));
      rate = Math.max(rate, load.rate(lanes, duration));
    }
    return new Pair(floor, rate);
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
