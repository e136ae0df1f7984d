package io.virtrig.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A daemon of our own, on a port of its choice, that ends when this process does: it watches its
 * standard input, which closes with us, however we end.
 */
public final class DaemonProcess implements AutoCloseable {

  private static final String HOME = "VIRTRIG_DAEMON_HOME";
  private static final String MAIN_CLASS = "io.virtrig.daemon.Main";
  private static final Pattern READY = Pattern.compile("virtrigd ready: grpc=(\\S+).*");
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);
  private static final int KEPT_LINES = 20;

  /**
   * It lives too shortly for the second compiler, for a method handle and its classes where native
   * reflection does, and for moving its AOT cache, which touches all of it; and it has too few
   * hosts for a collector that works beside them: what that one needs of compiled code costs more
   * than a pause.
   */
  private static final List<String> SHORT_LIFE =
      List.of(
          "-XX:TieredStopAtLevel=1",
          "-XX:-UseG1GC",
          "-XX:+UseSerialGC",
          "-Djdk.reflect.useNativeAccessorOnly=true",
          "-XX:+UnlockDiagnosticVMOptions",
          "-XX:ArchiveRelocationMode=0");

  private final Process process;
  private final CompletableFuture<String> ready = new CompletableFuture<>();

  /** Guarded by itself. The last lines on standard error, for when the daemon does not start. */
  private final Deque<String> lastErrors = new ArrayDeque<>();

  private DaemonProcess(Process process) {
    this.process = process;
    drain("daemon-stdout", process.getInputStream(), this::noticeReady);
    drain("daemon-stderr", process.getErrorStream(), this::keep);
  }

  /**
   * Launches a daemon. It answers once its {@link #target} is known.
   *
   * @throws IOException when there is none to launch
   */
  public static DaemonProcess launch() throws IOException {
    List<String> arguments =
        List.of("--listen", "127.0.0.1:0", "--metrics", "off", "--until-stdin-closes");
    List<String> command = command(arguments);
    // After the file with the daemon's own, which they override.
    command.addAll(2, SHORT_LIFE);
    return new DaemonProcess(new ProcessBuilder(command).start());
  }

  /**
   * The command that starts the daemon.
   *
   * @throws IOException when the launcher did not say where its jars are
   */
  static List<String> command(List<String> arguments) throws IOException {
    String home = System.getenv(HOME);
    if (home == null || home.isEmpty()) {
      throw new IOException(
          "where the daemon is is not known: start with the `virtrig` launcher, or set "
              + HOME
              + " to the folder that holds its lib and virtrigd.jvm");
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + Path.of(home, "virtrigd.jvm"));
    Path cache = Path.of(home, "virtrigd.aot");
    if (Files.exists(cache)) {
      command.add("-XX:AOTCache=" + cache);
    }
    command.add("-cp");
    command.add(Path.of(home, "lib") + "/*");
    command.add(MAIN_CLASS);
    command.addAll(arguments);
    return command;
  }

  /**
   * Where it listens; waits until it does.
   *
   * @throws IOException when it does not start
   */
  public String target() throws IOException, InterruptedException {
    try {
      return ready.get(START_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      close();
      throw new IOException("the daemon did not start" + lastErrors(), e);
    }
  }

  /** Ends it. */
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(STOP_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Reads all that the daemon writes, lest it block; the end of its output before it is ready is a
   * failure.
   */
  private void drain(String name, InputStream stream, Consumer<String> reader) {
    Thread.ofVirtual()
        .name(name)
        .start(
            () -> {
              try (BufferedReader lines =
                  new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                lines.lines().forEach(reader);
                ready.completeExceptionally(new IOException("it ended"));
              } catch (IOException | UncheckedIOException e) {
                ready.completeExceptionally(e);
              }
            });
  }

  private void noticeReady(String line) {
    Matcher matcher = READY.matcher(line);
    if (matcher.matches()) {
      ready.complete(matcher.group(1));
    }
  }

  private void keep(String line) {
    synchronized (lastErrors) {
      lastErrors.addLast(line);
      if (lastErrors.size() > KEPT_LINES) {
        lastErrors.removeFirst();
      }
    }
  }

  private String lastErrors() {
    synchronized (lastErrors) {
      return lastErrors.isEmpty() ? "" : "; it said:\n  " + String.join("\n  ", lastErrors);
    }
  }
}
