package io.virtrig.daemon.limits;

import java.util.concurrent.atomic.AtomicInteger;

/** Whoever calls from one address. */
final class Peer {
  /** Changed inside the compute of the map of peers, so that none is forgotten that has some. */
  private final AtomicInteger connections = new AtomicInteger();

  private final AtomicInteger streams = new AtomicInteger();

  AtomicInteger connections() {
    return connections;
  }

  Peer connected() {
    connections.incrementAndGet();
    return this;
  }

  AtomicInteger streams() {
    return streams;
  }
}
