package io.virtrig.daemon.limits;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.virtrig.daemon.Main;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A daemon in a JVM of its own, whose heap is small and whose descriptors are its own. */
public final class ForkedDaemon implements AutoCloseable {
  private static final Pattern READY =
      Pattern.compile("virtrigd ready: grpc=(\\S+) metrics=(\\S+)");

  private final Process process;
  private final InetSocketAddress grpc;
  private final String metrics;
  private final ManagedChannel channel;
  private final Path log;

  /** Starts one with a heap of that many MiB. */
  public ForkedDaemon(int heap) throws IOException {
    this(heap, List.of());
  }

  /** Starts one whose JVM is told more. */
  public ForkedDaemon(int heap, List<String> flags) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(
        List.of(
            "-Xmx" + heap + "m",
            "-XX:+UseCompactObjectHeaders",
            "-XX:+UseG1GC",
            "-XX:+ExitOnOutOfMemoryError",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "--listen=127.0.0.1:0",
            "--metrics=127.0.0.1:0",
            "--until-stdin-closes"));
    log = Files.createTempFile("virtrigd", ".log");
    process = new ProcessBuilder(command).redirectError(log.toFile()).start();
    BufferedReader out = process.inputReader(UTF_8);
    String line = out.readLine();
    Matcher ready = READY.matcher(String.valueOf(line));
    if (!ready.matches()) {
      throw new IOException("the daemon said " + line + " and " + Files.readString(log));
    }
    grpc = address(ready.group(1));
    metrics = ready.group(2);
    channel =
        NettyChannelBuilder.forAddress(grpc).usePlaintext().maxInboundMessageSize(64 << 20).build();
  }

  /** A channel to it. */
  public Channel channel() {
    return channel;
  }

  /** Where gRPC is served. */
  public InetSocketAddress grpc() {
    return grpc;
  }

  /** Where metrics are served. */
  public InetSocketAddress metrics() {
    return address(metrics);
  }

  private static InetSocketAddress address(String text) {
    URI address = URI.create("any://" + text);
    return new InetSocketAddress(address.getHost(), address.getPort());
  }

  /** Whether it runs. */
  public boolean alive() {
    return process.isAlive();
  }

  /** The value of a series of its metrics, as {@code name} or <code>name{label="value"}</code>. */
  public double metric(String series) throws IOException {
    try (InputStream page = URI.create("http://" + metrics + "/metrics").toURL().openStream()) {
      return new String(page.readAllBytes(), UTF_8)
          .lines()
          .filter(line -> line.startsWith(series + " "))
          .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no series " + series));
    }
  }

  /** What it wrote to its log. */
  public String log() throws IOException {
    return Files.readString(log);
  }

  /** Whether it says that it takes calls. */
  public boolean ready() throws IOException {
    try (InputStream page = URI.create("http://" + metrics + "/readyz").toURL().openStream()) {
      return new String(page.readAllBytes(), UTF_8).equals("ok\n");
    }
  }

  @Override
  public void close() throws IOException {
    channel.shutdownNow();
    process.getOutputStream().close();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    Files.delete(log);
  }
}
