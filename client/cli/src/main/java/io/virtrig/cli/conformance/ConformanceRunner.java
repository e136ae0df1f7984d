package io.virtrig.cli.conformance;

import io.virtrig.cli.conformance.CaseLine.Case;
import io.virtrig.client.VirtrigClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/** Runs cases, several at a time, each on a fresh host. */
public final class ConformanceRunner implements AutoCloseable {

  /** Cases at a time: most of them wait for an answer, and share the messages that carry them. */
  public static final int USUAL_JOBS = 256;

  /** Cases at a time of a tenant, whose other jobs need some of its quota of hosts. */
  public static final int JOBS_OF_A_TENANT = 32;

  private final CompletableFuture<Transport> connected = new CompletableFuture<>();
  private final Transport transport = new AwaitedTransport(connected);
  private final int jobs;
  private final ExecutorService workers;

  /**
   * A runner whose daemon may still be starting: until it is connected, cases are read, their
   * operations are put together, and that is all.
   *
   * @param jobs how many cases run at a time
   */
  public ConformanceRunner(int jobs) {
    this.jobs = jobs;
    workers = Executors.newFixedThreadPool(jobs);
  }

  /** A runner over a ring of its own, with the usual number of cases at a time. */
  public static ConformanceRunner over(VirtrigClient client) {
    return over(client, USUAL_JOBS);
  }

  /** A runner over a ring of its own. */
  public static ConformanceRunner over(VirtrigClient client, int jobs) {
    ConformanceRunner runner = new ConformanceRunner(jobs);
    runner.connect(client);
    return runner;
  }

  /** Lets the cases have hosts, over a ring of their own. */
  public void connect(VirtrigClient client) {
    connected.complete(new RingTransport(client, jobs));
  }

  /**
   * Runs every case in the files and folders.
   *
   * @throws IOException when they cannot be read
   */
  public Report run(List<Path> paths) throws IOException, InterruptedException {
    return run(CaseFiles.texts(paths), result -> {});
  }

  /**
   * Runs cases.
   *
   * @param watcher is told of each result as it comes, from several threads
   * @return the results in the order of the cases
   */
  public Report run(List<CaseText> cases, Consumer<CaseResult> watcher)
      throws InterruptedException {
    return finished(begin(cases, watcher));
  }

  /**
   * Begins with cases.
   *
   * @param watcher is told of each result as it comes, from several threads
   * @return the results to come, in the order of the cases
   */
  public List<Future<CaseResult>> begin(List<CaseText> cases, Consumer<CaseResult> watcher) {
    List<Future<CaseResult>> results = new ArrayList<>(cases.size());
    for (CaseText text : cases) {
      results.add(workers.submit(() -> run(text, watcher)));
    }
    return results;
  }

  /** Waits for the results that are to come. */
  public static Report finished(List<Future<CaseResult>> coming) throws InterruptedException {
    List<CaseResult> results = new ArrayList<>(coming.size());
    for (Future<CaseResult> one : coming) {
      results.add(finished(one));
    }
    return new Report(results);
  }

  /**
   * Runs one case.
   *
   * @param watcher is told of each step as it has been executed, before its answer is compared
   */
  public static Outcome run(Case subject, Transport transport, Consumer<ExecutedStep> watcher) {
    return new CaseRun(subject, transport, watcher).run();
  }

  /** The case is read here and kept no longer than it runs: all of them would fill the heap. */
  private CaseResult run(CaseText text, Consumer<CaseResult> watcher) {
    CaseLine line = text.read();
    long start = System.nanoTime();
    Outcome outcome = line.run(transport);
    Duration duration = Duration.ofNanos(System.nanoTime() - start);
    CaseResult result = new CaseResult(line.name(), outcome, duration);
    watcher.accept(result);
    return result;
  }

  /** Cases that have not begun do not, and those that wait for a daemon fail. May be repeated. */
  @Override
  public void close() {
    var _ = workers.shutdownNow();
    boolean unconnected = connected.cancel(false);
    workers.close();
    if (!unconnected && !connected.isCancelled()) {
      connected.join().close();
    }
  }

  private static CaseResult finished(Future<CaseResult> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }
}
