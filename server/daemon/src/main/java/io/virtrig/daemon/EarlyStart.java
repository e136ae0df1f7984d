package io.virtrig.daemon;

import io.virtrig.uapi.OperationName;
import io.virtrig.v1.Operation.OpCase;
import org.slf4j.LoggerFactory;

/**
 * What each start needs and no setting changes: descriptions of the vocabulary, on a thread beside
 * the one that reads the settings, and logs, on that one after it has read them.
 */
final class EarlyStart {
  private EarlyStart() {}

  /** Begins; the daemon starts when the thread has ended, so that no two initialize one class. */
  static Thread begin() {
    return Thread.ofPlatform().daemon().name("early-start").start(EarlyStart::run);
  }

  private static void run() {
    OperationName.of(OpCase.OP_NOT_SET);
  }

  /** Sets the logs up, and waits for the thread. */
  static void end(Thread begun) throws InterruptedException {
    TransportLog.quieten();
    var _ = LoggerFactory.getILoggerFactory();
    begun.join();
  }
}
