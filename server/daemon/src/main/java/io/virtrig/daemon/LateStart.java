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
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What of a start no call waits for: the watch over the JVM's memory and, for who scrapes, the
 * meters of the JVM and of operations that nobody asked for yet. Together a tenth of a start; only
 * who scrapes waits for it.
 */
final class LateStart implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LateStart.class);

  private final FutureTask<Optional<JvmGcMetrics>> work;
  private volatile boolean begun;

  /**
   * Begins with nothing.
   *
   * @param scraped whether anybody can ask for meters
   */
  LateStart(
      MeterRegistry registry, MemoryPressure memory, OperationMetrics operations, boolean scraped) {
    work =
        new FutureTask<>(
            () -> {
              try {
                memory.watch();
                return scraped ? Optional.of(meters(registry, operations)) : Optional.empty();
              } catch (RuntimeException | LinkageError e) {
                LOG.error("the daemon serves, but its memory is not watched or not all metered", e);
                throw e;
              }
            });
  }

  private static JvmGcMetrics meters(MeterRegistry registry, OperationMetrics operations) {
    operations.registerAll();
    new ClassLoaderMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    JvmGcMetrics collections = new JvmGcMetrics();
    collections.bindTo(registry);
    return collections;
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

  private Optional<JvmGcMetrics> collections() {
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
      collections().ifPresent(JvmGcMetrics::close);
    } else {
      var _ = work.cancel(false);
    }
  }
}
