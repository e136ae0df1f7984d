package io.virtrig.bench;

import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.v1.Operation;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.SubmissionEntry;
import io.virtrig.wire.RingMessages;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What a tenant feels of another that floods the daemon: latencies of single calls that are due at
 * a fixed rate, counted from when they were due, alone and beside the flood. The flood is all that
 * two processors give a client: connections with single calls one after another, and rings with
 * batches as large as they may be.
 *
 * <p>Arguments: the folder with the daemon's jars, calls a second, seconds of each measurement. The
 * daemon and the flood are processes of their own; the flood's is nice, as it would be elsewhere.
 * {@code fairness} as a line: the ratio of the 99th percentiles.
 */
public final class Fairness {
  private static final String READY = "virtrigd ready: grpc=";
  private static final int CONNECTIONS = 8;
  private static final int LANES_A_CONNECTION = 25;
  private static final int RINGS_A_CONNECTION = 1;
  private static final int BATCH = 1024;
  private static final int HOSTS = 100;
  private static final int ROUNDS = 2;
  private static final Duration WARM_UP = Duration.ofSeconds(8);

  private Fairness() {}

  /** Prints the table. */
  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("flood")) {
      flood(arguments[1]);
      return;
    }
    Path jars = Path.of(arguments[0]);
    double rate = Double.parseDouble(arguments[1]);
    Duration duration = Duration.ofSeconds(Integer.parseInt(arguments[2]));
    Path file = Files.createTempFile("tenants", ".yaml");
    Files.writeString(
        file,
        "tenants:\n  - {name: victim, tokens: [\"%s\"]}\n  - {name: flood, tokens: [\"%s\"]}\n"
            .formatted(hash("victim"), hash("flood")));
    Process daemon =
        java(
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
      daemon.getOutputStream().close();
      daemon.waitFor();
      Files.delete(file);
    }
  }

  private static void measure(String target, double rate, Duration duration) throws Exception {
    ManagedChannel channel = channel(target);
    VirtrigClient client = client(channel, "victim");
    // Calls of one host that are on their way together have no order: they are kept apart.
    List<UnaryLane> lanes = new Lanes(client, as(channel, "victim"), HOSTS, 0).unary();
    var _ = latencies(lanes, rate, WARM_UP);
    Histogram alone = latencies(lanes, rate, duration);
    Histogram beside = null;
    for (int round = 0; beside == null || round < ROUNDS; round++) {
      alone = better(alone, latencies(lanes, rate, duration));
      Process flood =
          java(
              List.of("nice", "-n", "19"),
              List.of("--enable-native-access=ALL-UNNAMED"),
              System.getProperty("java.class.path"),
              Fairness.class.getName(),
              "flood",
              target);
      try {
        // It says when all of it is under way.
        readLine(flood);
        var _ = latencies(lanes, rate, WARM_UP);
        beside = better(beside, latencies(lanes, rate, duration));
      } finally {
        flood.getOutputStream().close();
        System.out.println(readLine(flood));
        flood.waitFor();
      }
    }
    client.close();
    System.out.println("| open loop | calls a second | p50 | p99 |");
    System.out.println("| --- | --- | --- | --- |");
    row("alone", rate, alone);
    row("beside a flood", rate, beside);
    System.out.printf(Locale.ROOT, "fairness %.2f%n", p99(beside) / p99(alone));
  }

  private static double p99(Histogram latencies) {
    return latencies.getValueAtPercentile(99);
  }

  /** What else the machine did meanwhile is no matter of the daemon's. */
  private static Histogram better(@Nullable Histogram before, Histogram now) {
    return before == null || p99(now) < p99(before) ? now : before;
  }

  private static void row(String what, double rate, Histogram latencies) {
    System.out.printf(
        Locale.ROOT,
        "| %s | %,.0f | %,d µs | %,d µs |%n",
        what,
        rate,
        latencies.getValueAtPercentile(50) / 1000,
        latencies.getValueAtPercentile(99) / 1000);
  }

  private static Histogram latencies(List<UnaryLane> lanes, double rate, Duration duration)
      throws InterruptedException {
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
      lanes
          .get((int) (i % HOSTS))
          .callOnce(
              () -> {
                latencies.recordValue(System.nanoTime() - due);
                answered.countDown();
              });
    }
    answered.await();
    return latencies;
  }

  /** Floods until standard input ends, then says at what rate. */
  private static void flood(String target) throws Exception {
    List<Lane> lanes = new ArrayList<>();
    for (int connection = 0; connection < CONNECTIONS; connection++) {
      ManagedChannel channel = channel(target);
      VirtrigClient client = client(channel, "flood");
      lanes.addAll(new Lanes(client, as(channel, "flood"), LANES_A_CONNECTION, 0).unary());
      for (int ring = 0; ring < RINGS_A_CONNECTION; ring++) {
        VirtrigHost host = client.createHost(OperationMix.SPEC);
        lanes.add(
            new StreamLane<>(
                as(channel, "flood"),
                RingMessages.METHOD,
                batch(host, new OperationMix(host).operations()),
                BATCH,
                answer -> {}));
      }
    }
    Load load = new Load();
    System.out.println("flooding");
    double rate = load.rateUntil(lanes, System.in);
    System.out.printf(Locale.ROOT, "the flood had %,.0f operations a second%n", rate);
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }

  private static RingRequest batch(VirtrigHost host, List<Operation> operations) {
    RingRequest.Builder batch = RingRequest.newBuilder().setHost(host.id());
    while (batch.getEntriesCount() + operations.size() <= BATCH) {
      operations.forEach(
          operation -> batch.addEntries(SubmissionEntry.newBuilder().setOperation(operation)));
    }
    return batch.build();
  }

  private static ManagedChannel channel(String target) {
    return Grpc.newChannelBuilder(target, InsecureChannelCredentials.create())
        .directExecutor()
        .build();
  }

  private static ClientInterceptor token(String tenant) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + tenant);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  private static Channel as(Channel channel, String tenant) {
    return ClientInterceptors.intercept(channel, token(tenant));
  }

  private static VirtrigClient client(ManagedChannel channel, String tenant) {
    return VirtrigClient.over(channel, VirtrigClient.DEFAULT_DEADLINE, token(tenant));
  }

  private static String hash(String token) throws Exception {
    return "sha256:"
        + HexFormat.of()
            .formatHex(
                MessageDigest.getInstance("SHA-256")
                    .digest(token.getBytes(StandardCharsets.UTF_8)));
  }

  private static Process java(
      List<String> before, List<String> flags, String classPath, String main, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(List.of("-cp", classPath, main));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static String target(Process daemon) throws IOException {
    String line = readLine(daemon);
    if (!line.startsWith(READY)) {
      throw new IOException("the daemon says: " + line);
    }
    return line.substring(READY.length()).split(" ", 2)[0];
  }

  @SuppressWarnings("StreamResourceLeak") // The process owns it, and says little.
  private static String readLine(Process process) throws IOException {
    BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
    return String.valueOf(lines.readLine());
  }
}
