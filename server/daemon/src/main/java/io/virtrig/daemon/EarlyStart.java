package io.virtrig.daemon;

import io.virtrig.daemon.grpc.GrpcServer;
import org.slf4j.LoggerFactory;

/**
 * What each start needs and no setting changes, shared by two threads: the logs beside the one that
 * reads the settings, the vocabulary on it afterwards.
 */
final class EarlyStart {
  private EarlyStart() {}

  /** Begins with the logs; what writes one starts when the thread has ended. */
  static Thread logs() {
    return Thread.ofPlatform()
        .daemon()
        .name("early-start")
        .start(
            () -> {
              TransportLog.quieten();
              var _ = LoggerFactory.getILoggerFactory();
            });
  }

  /** The rest. */
  static void vocabulary() {
    GrpcServer.loadVocabulary();
  }
}
