package io.virtrig.daemon;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.virtrig.daemon.limits.MemoryPressure;
import io.virtrig.daemon.metrics.OperationMetrics;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * What of a start no call waits for: the meters of operations that nobody asked for yet, and what
 * asks the JVM's management beans, which are its own meters and the watch over its memory. Together
 * a tenth of a start; only who scrapes the meters waits for it.
 */
final class LateStart implements AutoCloseable {
  private final FutureTask<JvmGcMetrics> work;
  private volatile boolean begun;

  LateStart(MeterRegistry registry, MemoryPressure memory, OperationMetrics operations) {
    Callable<JvmGcMetrics> bind =
        () -> {
          memory.watch();
          operations.registerAll();
          new ClassLoaderMetrics().bindTo(registry);
          new JvmMemoryMetrics().bindTo(registry);
          new JvmThreadMetrics().bindTo(registry);
          new ProcessorMetrics().bindTo(registry);
          new UptimeMetrics().bindTo(registry);
          JvmGcMetrics collections = new JvmGcMetrics();
          collections.bindTo(registry);
          return collections;
        };
    work = new FutureTask<>(bind);
  }

  /** Begins, on a thread of its own. */
  void begin() {
    begun = true;
    var _ = Thread.ofPlatform().daemon().name("late-start").start(work);
  }

  /** Waits until all is there. */
  void await() {
    var _ = collections();
  }

  private JvmGcMetrics collections() {
    try {
      return work.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the meters could not be made", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the meters are made", e);
    }
  }

  /** No more of it; if it never began, who waits is told so. */
  @Override
  public void close() {
    if (begun) {
      collections().close();
    } else {
      var _ = work.cancel(false);
    }
  }
}
