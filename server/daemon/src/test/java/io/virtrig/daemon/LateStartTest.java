package io.virtrig.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.virtrig.daemon.limits.LimitMetrics;
import io.virtrig.daemon.limits.MemoryPressure;
import io.virtrig.daemon.metrics.OperationMetrics;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class LateStartTest {
  @AutoClose private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @AutoClose
  private final MemoryPressure memory = new MemoryPressure(registry, new LimitMetrics(registry));

  private final LateStart late = new LateStart(registry, memory, new OperationMetrics(registry));

  @Test
  void whoWaitsFindsAllMeters() {
    assertThat(registry.find("jvm.memory.used").gauges()).isEmpty();
    late.begin();
    late.await();
    assertThat(registry.find("jvm.memory.used").gauges()).isNotEmpty();
    assertThat(registry.find("virtrig.operations").counters()).isNotEmpty();
    late.close();
  }

  @Test
  void whatHasBegunIsDoneBeforeItIsClosed() {
    late.begin();
    late.close();
    assertThat(registry.find("process.uptime").timeGauge()).isNotNull();
  }

  @Test
  void whoWaitsForWhatNeverBeginsIsTold() {
    late.close();
    assertThatThrownBy(late::await).isInstanceOf(CancellationException.class);
  }
}
