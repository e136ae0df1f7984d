package io.virtrig.emulator.event;

import io.virtrig.v1.Event;
import io.virtrig.v1.EventKind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The latest events of a host. Events are output, not state: nothing in the host ever reads them,
 * and they are no part of the state hash.
 */
public final class EventLog {
  private static final int KEPT = 256;

  private final ArrayDeque<Event> latest = new ArrayDeque<>(0);
  private long sequence;
  private long operation;

  /** The operation that the events to come belong to. */
  public void operation(long number) {
    operation = number;
  }

  /** Records an event. */
  public void record(EventKind kind, String subject, String detail) {
    if (latest.size() == KEPT) {
      latest.removeFirst();
    }
    latest.addLast(
        Event.newBuilder()
            .setSequence(++sequence)
            .setOperation(operation)
            .setKind(kind)
            .setSubject(subject)
            .setDetail(detail)
            .build());
  }

  /** The sequence number of the oldest event kept; one above the last when none is. */
  public long oldest() {
    return sequence - latest.size() + 1;
  }

  /** Up to {@code most} events with a sequence number above {@code after}, oldest first. */
  public List<Event> after(long after, int most) {
    List<Event> events = new ArrayList<>();
    for (Event event : latest) {
      if (event.getSequence() > after && events.size() < most) {
        events.add(event);
      }
    }
    return events;
  }
}
