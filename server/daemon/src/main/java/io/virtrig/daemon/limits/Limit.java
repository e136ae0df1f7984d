package io.virtrig.daemon.limits;

import java.util.Locale;

/** What a client can run into; each is counted. */
public enum Limit {
  /** Connections of all clients. */
  CONNECTIONS,
  /** Connections of one peer. */
  PEER_CONNECTIONS,
  /** Streams of all clients. */
  STREAMS,
  /** Streams of one peer. */
  PEER_STREAMS,
  /** Bytes of answers that wait for a client to read them. */
  UNREAD_ANSWERS,
  /** Bytes of requests whose end has not come. */
  UNFINISHED_REQUESTS,
  /** How long the request of a unary call may take to come. */
  REQUEST_TIME,
  /** The heap. */
  MEMORY;

  /** As the metric names it. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
