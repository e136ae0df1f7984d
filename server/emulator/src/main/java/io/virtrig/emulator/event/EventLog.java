package io.virtrig.emulator.event;

import io.virtrig.v1.Event;
import io.virtrig.v1.EventKind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The latest events of a host. Events are output, not state: nothing in the host ever reads them,
 * and they are no part of the state hash.
 */
public final class EventLog {
  private static final int KEPT = 256;

  private final EventListener listener;
  private final ArrayDeque<LoggedEvent> latest = new ArrayDeque<>(0);
  private long sequence;
  private long operation;

  /** An empty log. */
  public EventLog(EventListener listener) {
    this.listener = listener;
  }

  /** The operation that the events to come belong to. */
  public void operation(long number) {
    operation = number;
  }

  /** Records an event. */
  public void record(EventKind kind, String subject, String detail) {
    record(kind, "", () -> subject, () -> detail);
  }

  /**
   * Records an event of a hot path.
   *
   * @param label which variety of its kind, out of a small closed set
   * @param subject what it happened to; asked later, so it must not depend on anything that changes
   * @param detail the particulars, likewise
   */
  public void record(
      EventKind kind, String label, Supplier<String> subject, Supplier<String> detail) {
    if (latest.size() == KEPT) {
      latest.removeFirst();
    }
    latest.addLast(new LoggedEvent(++sequence, operation, kind, subject, detail));
    listener.happened(kind, label);
  }

  /** The sequence number of the oldest event kept; one above the last when none is. */
  public long oldest() {
    return sequence - latest.size() + 1;
  }

  /** The sequence number of the last event; 0 before the first. */
  public long last() {
    return sequence;
  }

  /** Up to {@code most} events with a sequence number above {@code after}, oldest first. */
  public List<Event> after(long after, int most) {
    return loggedAfter(after, most).stream().map(LoggedEvent::event).toList();
  }

  /** The same, not yet put into words. */
  public List<LoggedEvent> loggedAfter(long after, int most) {
    List<LoggedEvent> events = new ArrayList<>();
    for (LoggedEvent event : latest) {
      if (event.sequence() > after && events.size() < most) {
        events.add(event);
      }
    }
    return events;
  }
}
