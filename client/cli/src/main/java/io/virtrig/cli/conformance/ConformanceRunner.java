package io.virtrig.cli.conformance;

import io.virtrig.cli.conformance.CaseLine.Case;
import io.virtrig.client.VirtrigClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/** Runs cases, several at a time, each on a fresh host. */
public final class ConformanceRunner implements AutoCloseable {

  /** Cases at a time: most of them wait for an answer, and share the messages that carry them. */
  public static final int USUAL_JOBS = 32;

  /**
   * Cases at a time on a daemon that nobody else uses: fewer messages, and as many hosts at once.
   */
  public static final int JOBS_ALONE = 256;

  private final Transport transport;
  private final int jobs;

  /**
   * A runner.
   *
   * @param transport how operations reach the hosts; closed with the runner
   * @param jobs how many cases run at a time
   */
  public ConformanceRunner(Transport transport, int jobs) {
    this.transport = transport;
    this.jobs = jobs;
  }

  /** A runner over a ring of its own, with the usual number of cases at a time. */
  public static ConformanceRunner over(VirtrigClient client) {
    return over(client, USUAL_JOBS);
  }

  /** A runner over a ring of its own. */
  public static ConformanceRunner over(VirtrigClient client, int jobs) {
    return new ConformanceRunner(new RingTransport(client, jobs), jobs);
  }

  /**
   * Runs every case in the files and folders.
   *
   * @throws IOException when they cannot be read
   */
  public Report run(List<Path> paths) throws IOException, InterruptedException {
    return run(CaseFiles.read(paths), result -> {});
  }

  /**
   * Runs cases.
   *
   * @param watcher is told of each result as it comes, from several threads
   * @return the results in the order of the cases
   */
  public Report run(List<CaseLine> lines, Consumer<CaseResult> watcher)
      throws InterruptedException {
    try (ExecutorService workers = Executors.newFixedThreadPool(jobs)) {
      List<Callable<CaseResult>> tasks = new ArrayList<>(lines.size());
      for (CaseLine line : lines) {
        tasks.add(() -> run(line, watcher));
      }
      List<CaseResult> results = new ArrayList<>(lines.size());
      for (Future<CaseResult> future : workers.invokeAll(tasks)) {
        results.add(finished(future));
      }
      return new Report(results);
    }
  }

  /**
   * Runs one case.
   *
   * @param watcher is told of each step as it has been executed, before its answer is compared
   */
  public static Outcome run(Case subject, Transport transport, Consumer<ExecutedStep> watcher) {
    return new CaseRun(subject, transport, watcher).run();
  }

  private CaseResult run(CaseLine line, Consumer<CaseResult> watcher) {
    long start = System.nanoTime();
    Outcome outcome = line.run(transport);
    CaseResult result = new CaseResult(line, outcome, Duration.ofNanos(System.nanoTime() - start));
    watcher.accept(result);
    return result;
  }

  @Override
  public void close() {
    transport.close();
  }

  private static CaseResult finished(Future<CaseResult> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }
}
