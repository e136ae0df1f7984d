package io.virtrig.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.virtrig.daemon.limits.LimitMetrics;
import io.virtrig.daemon.limits.MemoryPressure;
import io.virtrig.daemon.metrics.OperationMetrics;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LateStartTest {
  @AutoClose private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @AutoClose
  private final MemoryPressure memory = new MemoryPressure(registry, new LimitMetrics(registry));

  private final LateStart late =
      new LateStart(registry, memory, new OperationMetrics(registry), true);

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
  void whereNobodyScrapesThereAreNoMeters() {
    LateStart unscraped = new LateStart(registry, memory, new OperationMetrics(registry), false);
    int before = registry.getMeters().size();
    unscraped.begin();
    unscraped.await();
    assertThat(registry.getMeters()).hasSize(before);
    unscraped.close();
  }

  @Test
  void aFailureIsLoggedAndTold() {
    IllegalStateException broken = new IllegalStateException("no such meter");
    registry
        .config()
        .meterFilter(
            MeterFilter.deny(
                id -> {
                  throw broken;
                }));
    Logger log = (Logger) LoggerFactory.getLogger(LateStart.class);
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    logged.start();
    log.addAppender(logged);
    try {
      late.begin();
      assertThatThrownBy(late::await).hasCause(broken);
    } finally {
      log.detachAppender(logged);
    }
    assertThat(logged.list)
        .singleElement()
        .satisfies(event -> assertThat(event.getLevel()).isEqualTo(Level.ERROR));
  }

  @Test
  void whoWaitsForWhatNeverBeginsIsTold() {
    late.close();
    assertThatThrownBy(late::await).isInstanceOf(CancellationException.class);
  }
}
