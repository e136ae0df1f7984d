package io.virtrig.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator.ExecutionStatus;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import java.nio.charset.Charset;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;

class LogToStandardErrorTest {
  private final LoggerContext log = new LoggerContext();

  @Test
  void writesALineInUtc() {
    assertThat(new LogToStandardError().configure(log))
        .isEqualTo(ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY);
    var appender =
        (ConsoleAppender<ILoggingEvent>)
            log.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("stderr");
    assertThat(appender.getTarget()).isEqualTo("System.err");
    var event =
        new LoggingEvent("", log.getLogger("io.virtrig.Some"), Level.INFO, "text", null, null);
    event.setInstant(Instant.parse("2031-02-03T04:05:06.789Z"));
    assertThat(new String(appender.getEncoder().encode(event), Charset.defaultCharset()))
        .isEqualTo("2031-02-03T04:05:06.789Z INFO  Some: text" + System.lineSeparator());
  }

  @Test
  void leavesOutWhatStrangersCanFill() {
    new LogToStandardError().configure(log);
    assertThat(log.getLogger("io.netty.handler").isInfoEnabled()).isFalse();
    assertThat(log.getLogger("io.virtrig").isInfoEnabled()).isTrue();
    assertThat(log.getLogger("io.virtrig").isDebugEnabled()).isFalse();
  }

  @Test
  void anotherConfigurationWins() {
    System.setProperty("logback.configurationFile", "other.xml");
    try {
      assertThat(new LogToStandardError().configure(log))
          .isEqualTo(ExecutionStatus.INVOKE_NEXT_IF_ANY);
      assertThat(log.getLogger(Logger.ROOT_LOGGER_NAME).iteratorForAppenders().hasNext()).isFalse();
    } finally {
      System.clearProperty("logback.configurationFile");
    }
  }
}
