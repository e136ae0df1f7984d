package io.virtrig.daemon;

import org.slf4j.LoggerFactory;

/**
 * What each start needs and no setting changes: the logs, set up on a thread beside the one that
 * reads the settings.
 */
final class EarlyStart {
  private EarlyStart() {}

  /** Begins; the daemon starts when the thread has ended, so that no two initialize one class. */
  static Thread begin() {
    return Thread.ofPlatform().daemon().name("early-start").start(EarlyStart::run);
  }

  private static void run() {
    TransportLog.quieten();
    var _ = LoggerFactory.getILoggerFactory();
  }
}
