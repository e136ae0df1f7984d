package io.virtrig.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A daemon in a container of our own, on a free port of the loopback interface, that ends with us.
 * The engine is spoken to by its command, as a person would.
 */
public final class DaemonContainer implements AutoCloseable {

  private static final String ENGINE = "docker";
  private static final String READY = "virtrigd ready";
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final String id;
  private final String target;

  private DaemonContainer(String id, String target) {
    this.id = id;
    this.target = target;
  }

  /**
   * Starts it and waits until it answers.
   *
   * @throws IOException when the engine or the image is not there
   */
  public static DaemonContainer start(String image) throws IOException, InterruptedException {
    String id =
        engine(
            List.of(
                "run",
                "--detach",
                "--rm",
                "--pull=never",
                "--read-only",
                "--tmpfs=/tmp",
                "--cap-drop=ALL",
                "--security-opt=no-new-privileges",
                "--publish=127.0.0.1::7473",
                image));
    try {
      awaitReady(id);
      return new DaemonContainer(id, engine(List.of("port", id, "7473/tcp")));
    } catch (IOException e) {
      stop(id);
      throw e;
    }
  }

  private static void awaitReady(String id) throws IOException {
    Process log = new ProcessBuilder(ENGINE, "logs", "--follow", id).start();
    CompletableFuture.delayedExecutor(TIMEOUT.toSeconds(), TimeUnit.SECONDS).execute(log::destroy);
    try (BufferedReader lines = log.inputReader(StandardCharsets.UTF_8)) {
      String line = lines.readLine();
      while (line != null && !line.startsWith(READY)) {
        line = lines.readLine();
      }
      if (line == null) {
        throw new IOException("the daemon in the container did not start");
      }
    } finally {
      log.destroy();
    }
  }

  /** Where it answers. */
  public String target() {
    return target;
  }

  /** Ends it. */
  @Override
  public void close() {
    try {
      stop(id);
    } catch (IOException e) {
      System.err.println("virtrig: the container " + id + " is left: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void stop(String id) throws IOException, InterruptedException {
    var _ = engine(List.of("stop", "--time=10", id));
  }

  /** What the engine's command prints. */
  private static String engine(List<String> arguments) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder();
    builder.command().add(ENGINE);
    builder.command().addAll(arguments);
    Process process;
    try {
      process = builder.redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new IOException("there is no container engine: no command " + ENGINE, e);
    }
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException(ENGINE + " " + arguments.getFirst() + " does not come to an end");
    }
    if (process.exitValue() != 0) {
      throw new IOException(ENGINE + " " + arguments.getFirst() + ": " + said.strip());
    }
    return said.strip();
  }
}
