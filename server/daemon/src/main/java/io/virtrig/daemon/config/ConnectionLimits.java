package io.virtrig.daemon.config;

import java.time.Duration;

/**
 * What clients may take up, each and all together. A peer is an address, whatever its ports.
 *
 * @param connections the most connections at a time
 * @param connectionsPerPeer the most of one peer
 * @param streams the most calls at a time that are streams: rings, watches, reflection
 * @param streamsPerPeer the most of one peer
 * @param handshake how long a connection may take until it speaks HTTP/2, TLS included
 * @param idle how long a connection may be without a call; zero for ever
 * @param age how old a connection may become before its client has to make another; zero for ever
 * @param ageGrace how long its calls may go on then
 * @param request how long the request of a unary call may take to come
 */
public record ConnectionLimits(
    int connections,
    int connectionsPerPeer,
    int streams,
    int streamsPerPeer,
    Duration handshake,
    Duration idle,
    Duration age,
    Duration ageGrace,
    Duration request) {

  /** Those of a daemon that was told nothing else. */
  public static final ConnectionLimits USUAL =
      new ConnectionLimits(
          10_000,
          1000,
          4096,
          1024,
          Duration.ofSeconds(10),
          Duration.ofMinutes(30),
          Duration.ofHours(12),
          Duration.ofHours(1),
          Duration.ofMinutes(1));
}
