package io.virtrig.cli;

import io.virtrig.cli.conformance.CaseResult;
import io.virtrig.cli.conformance.Outcome.Failed;
import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * How far a run is, on standard error: a bar that is redrawn on a terminal, a line now and then
 * elsewhere. All methods are synchronized, as results come from several threads.
 */
final class Progress implements Consumer<CaseResult>, AutoCloseable {

  private static final int BAR_WIDTH = 30;
  private static final long REDRAW_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LINE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final int total;
  private final boolean quiet;
  private final boolean interactive;
  private final PrintWriter err;
  private long lastShown = System.nanoTime();
  private int done;
  private int failed;
  private boolean drawn;

  private Progress(int total, boolean quiet, boolean interactive, PrintWriter err) {
    this.total = total;
    this.quiet = quiet;
    this.interactive = interactive;
    this.err = err;
  }

  static Progress of(int total, boolean quiet, PrintWriter err) {
    return new Progress(total, quiet, Terminal.stderr().isInteractive(), err);
  }

  @Override
  public synchronized void accept(CaseResult result) {
    done++;
    if (result.outcome() instanceof Failed) {
      failed++;
    }
    long now = System.nanoTime();
    if (!quiet && now - lastShown >= (interactive ? REDRAW_NANOS : LINE_NANOS)) {
      lastShown = now;
      show();
    }
  }

  private void show() {
    String numbers = "%d/%d cases, %d failed".formatted(done, total, failed);
    if (interactive) {
      int filled = BAR_WIDTH * done / total;
      err.print("\r" + "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled) + " " + numbers);
      drawn = true;
    } else {
      err.println(numbers);
    }
    err.flush();
  }

  /** Leaves nothing of the bar behind. */
  @Override
  public synchronized void close() {
    if (drawn) {
      err.print("\r\u001b[K");
      err.flush();
    }
  }
}
