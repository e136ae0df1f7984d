package io.virtrig.daemon.config;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import org.slf4j.Logger;

/**
 * The log's settings: standard output is for the line that says where the daemon listens, the log
 * goes to standard error, in UTC. In code, because reading them from XML takes a sixth of the
 * daemon's start. Whoever wants others names a file of Logback's with {@code
 * -Dlogback.configurationFile}.
 */
public final class LogToStandardError extends ContextAwareBase implements Configurator {
  private static final String OTHERS = "logback.configurationFile";

  /** Z: the time zone that needs no table. */
  private static final String PATTERN =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX, Z} %-5level %logger{0}: %msg%n";

  @Override
  public ExecutionStatus configure(LoggerContext log) {
    if (System.getProperty(OTHERS) != null) {
      return ExecutionStatus.INVOKE_NEXT_IF_ANY;
    }
    var encoder = new PatternLayoutEncoder();
    encoder.setContext(log);
    encoder.setPattern(PATTERN);
    encoder.start();

    var appender = new ConsoleAppender<ILoggingEvent>();
    appender.setContext(log);
    appender.setName("stderr");
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();

    log.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.INFO);
    log.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(appender);
    // What strangers do wrong is counted: a log that they can fill is a weapon.
    log.getLogger("io.netty").setLevel(Level.WARN);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
