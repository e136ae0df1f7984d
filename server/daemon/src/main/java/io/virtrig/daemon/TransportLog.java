package io.virtrig.daemon;

import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The log of the transport, which would write a stack trace for each frame that a client gets
 * wrong: one that strangers can fill. What they do is counted instead.
 */
final class TransportLog {
  /** Kept here, or its level is forgotten. */
  private static final Logger TRANSPORT = Logger.getLogger("io.grpc");

  private TransportLog() {}

  static void quieten() {
    TRANSPORT.setLevel(Level.SEVERE);
  }
}
