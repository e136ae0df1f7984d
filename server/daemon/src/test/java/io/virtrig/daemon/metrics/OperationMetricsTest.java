package io.virtrig.daemon.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.virtrig.v1.Operation.OpCase;
import io.virtrig.v1.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class OperationMetricsTest {
  private static final int THREADS = 8;
  private static final int ROUNDS = 20;

  @AutoClose private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  @AutoClose private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final OperationMetrics metrics = new OperationMetrics(registry);

  /** Series come to be while operations are counted already, on whichever thread is first. */
  @Test
  void whatIsCountedWhileTheSeriesAreRegisteredIsCountedOnce() throws Exception {
    CyclicBarrier together = new CyclicBarrier(THREADS);
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      boolean registers = thread == 0;
      tasks.add(
          () -> {
            together.await();
            if (registers) {
              metrics.registerAll();
            }
            for (int round = 0; round < ROUNDS; round++) {
              for (OpCase op : OpCase.values()) {
                metrics.executed(op, Result.getDefaultInstance(), 1000);
              }
            }
            return null;
          });
    }
    for (Future<Void> done : threads.invokeAll(tasks)) {
      done.get();
    }
    assertThat(registry.find("virtrig.operations").counters())
        .hasSize(OpCase.values().length)
        .allMatch(counter -> counter.count() == THREADS * ROUNDS);
    assertThat(
            registry.find("virtrig.operation.duration").timers().stream()
                .mapToLong(Timer::count)
                .sum())
        .isEqualTo((long) THREADS * ROUNDS * OpCase.values().length);
  }
}
