package io.virtrig.bench;

import io.grpc.ManagedChannel;
import io.virtrig.client.VirtrigClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * What a tenant feels of another that floods the daemon: latencies of its single calls alone and
 * beside the flood, when it loads the daemon as well as it can itself, with a fixed number of calls
 * on their way, and when calls are due at a fixed rate, counted from when they were due.
 *
 * <p>Arguments: the folder with the daemon's jars, calls a second, seconds of each measurement. The
 * daemon and the {@link Flood} are processes of their own, and both are warm before anything is
 * measured: compilers would be what is measured else. The two are measured in turns, and the median
 * of the rounds counts. The last column is the ratio of the 99th percentiles.
 */
public final class Fairness {
  private static final String READY = "virtrigd ready: grpc=";
  private static final int LANES = 100;
  private static final int ROUNDS = 5;
  private static final Duration WARM_UP = Duration.ofSeconds(20);
  private static final Duration SETTLING = Duration.ofSeconds(2);

  private Fairness() {}

  /** Prints the table. */
  public static void main(String[] arguments) throws Exception {
    Path jars = Path.of(arguments[0]);
    double rate = Double.parseDouble(arguments[1]);
    Duration duration = Duration.ofSeconds(Integer.parseInt(arguments[2]));
    Path file = Files.createTempFile("tenants", ".yaml");
    Files.writeString(
        file,
        "tenants:\n  - {name: victim, tokens: [\"%s\"]}\n  - {name: flood, tokens: [\"%s\"]}\n"
            .formatted(hash("victim"), hash("flood")));
    ChildJvm daemon =
        ChildJvm.start(
            List.of(),
            List.of("@" + jars.resolveSibling("virtrigd.jvm")),
            jars + "/*",
            "io.virtrig.daemon.Main",
            "--listen",
            "127.0.0.1:0",
            "--metrics",
            "off",
            "--until-stdin-closes",
            "--tenants",
            file.toString());
    try {
      measure(target(daemon), rate, duration);
    } finally {
      daemon.close();
      Files.delete(file);
    }
  }

  private static String target(ChildJvm daemon) throws IOException {
    String line = daemon.readLine();
    if (!line.startsWith(READY)) {
      throw new IOException("the daemon says: " + line);
    }
    return line.substring(READY.length()).split(" ", 2)[0];
  }

  private static void measure(String target, double rate, Duration duration) throws Exception {
    ManagedChannel channel = AsTenant.channel(target);
    try (VirtrigClient client = AsTenant.client(channel, "victim");
        ChildJvm flood = Flood.start(target)) {
      // Calls of one host that are on their way together have no order: they are kept apart.
      List<UnaryLane> lanes = new Lanes(client, AsTenant.of(channel, "victim"), LANES, 0).unary();
      List<Way> ways =
          List.of(
              new Way(LANES + " calls on their way", seconds -> closedLoop(lanes, seconds)),
              new Way(
                  String.format(Locale.ROOT, "%,.0f calls a second", rate),
                  seconds -> openLoop(lanes, rate, seconds)));
      flood.writeLine("begin");
      for (Way way : ways) {
        var _ = way.calls.latencies(WARM_UP);
      }
      flood.writeLine("end");
      var _ = flood.readLine();
      System.out.println(
          "| the other's load | alone: p50, p99 | beside a flood: p50, p99 | the flood, a second"
              + " | ratio |");
      System.out.println("| --- | --- | --- | --- | --- |");
      for (Way way : ways) {
        measure(way, flood, duration);
      }
    }
  }

  /** How the tenant that does not flood loads the daemon. */
  private record Way(String name, Calls calls) {
    /** Latencies over a time. */
    interface Calls {
      Histogram latencies(Duration duration) throws InterruptedException;
    }
  }

  private static void measure(Way way, ChildJvm flood, Duration duration) throws Exception {
    List<Histogram> alone = new ArrayList<>();
    List<Histogram> beside = new ArrayList<>();
    String flooded = "";
    for (int round = 0; round < ROUNDS; round++) {
      var _ = way.calls.latencies(SETTLING);
      alone.add(way.calls.latencies(duration));
      flood.writeLine("begin");
      var _ = way.calls.latencies(SETTLING);
      beside.add(way.calls.latencies(duration));
      flood.writeLine("end");
      flooded = flood.readLine();
    }
    Histogram usualAlone = median(alone);
    Histogram usualBeside = median(beside);
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %s | %s | %.2f |%n",
        way.name,
        percentiles(usualAlone),
        percentiles(usualBeside),
        flooded,
        p99(usualBeside) / p99(usualAlone));
  }

  private static double p99(Histogram latencies) {
    return latencies.getValueAtPercentile(99);
  }

  /** The one whose 99th percentile is in the middle. */
  private static Histogram median(List<Histogram> rounds) {
    return rounds.stream()
        .sorted(Comparator.comparingDouble(Fairness::p99))
        .toList()
        .get(rounds.size() / 2);
  }

  private static String percentiles(Histogram latencies) {
    return String.format(
        Locale.ROOT,
        "%,d and %,d µs (%,d calls)",
        latencies.getValueAtPercentile(50) / 1000,
        latencies.getValueAtPercentile(99) / 1000,
        latencies.getTotalCount());
  }

  private static Histogram openLoop(List<UnaryLane> lanes, double rate, Duration duration)
      throws InterruptedException {
    Histogram latencies = new ConcurrentHistogram(TimeUnit.SECONDS.toNanos(60), 3);
    long interval = (long) (1e9 / rate);
    int calls = (int) (duration.toNanos() / interval);
    CountDownLatch answered = new CountDownLatch(calls);
    long begin = System.nanoTime();
    for (int i = 0; i < calls; i++) {
      long due = begin + i * interval;
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      lanes
          .get(i % LANES)
          .callOnce(
              () -> {
                latencies.recordValue(System.nanoTime() - due);
                answered.countDown();
              });
    }
    answered.await();
    return latencies;
  }

  private static Histogram closedLoop(List<UnaryLane> lanes, Duration duration)
      throws InterruptedException {
    Histogram latencies = new ConcurrentHistogram(TimeUnit.SECONDS.toNanos(60), 3);
    long end = System.nanoTime() + duration.toNanos();
    CountDownLatch ended = new CountDownLatch(lanes.size());
    lanes.forEach(lane -> callAgain(lane, end, latencies, ended));
    ended.await();
    return latencies;
  }

  private static void callAgain(
      UnaryLane lane, long end, Histogram latencies, CountDownLatch ended) {
    long begin = System.nanoTime();
    if (begin - end >= 0) {
      ended.countDown();
      return;
    }
    lane.callOnce(
        () -> {
          latencies.recordValue(System.nanoTime() - begin);
          callAgain(lane, end, latencies, ended);
        });
  }

  private static String hash(String token) throws Exception {
    return "sha256:"
        + HexFormat.of()
            .formatHex(
                MessageDigest.getInstance("SHA-256")
                    .digest(token.getBytes(StandardCharsets.UTF_8)));
  }
}
