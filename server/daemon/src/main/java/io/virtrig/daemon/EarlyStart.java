package io.virtrig.daemon;

import io.virtrig.uapi.OperationName;
import io.virtrig.v1.Operation.OpCase;
import org.slf4j.LoggerFactory;

/**
 * What each start needs and no setting changes, on a thread beside the one that reads the settings:
 * descriptions of the vocabulary, and logs.
 */
final class EarlyStart {
  private EarlyStart() {}

  /** Begins; the daemon starts when the thread has ended, so that no two initialize one class. */
  static Thread begin() {
    return Thread.ofPlatform().daemon().name("early-start").start(EarlyStart::run);
  }

  private static void run() {
    // First what needs no jar: the settings' reader opens all of them meanwhile.
    OperationName.of(OpCase.OP_NOT_SET);
    TransportLog.quieten();
    var _ = LoggerFactory.getILoggerFactory();
  }
}
